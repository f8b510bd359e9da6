// Makes what the tests of our own layout are compared with: the same flows, laid out by d3-sankey.

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { sankey, sankeyLeft } from "d3-sankey";

const HEIGHT = 600;
const GAP = 30;

const nodes = ["opening stock", "manufactured", "imported", "alfentanil", "fentanyl", "remifentanil", "sufentanil",
  "dispensed", "exported", "process loss", "destroyed", "closing stock"];
const links = [
  [0, 3, 741679], [0, 4, 1710806], [0, 5, 2435427], [0, 6, 1116678],
  [1, 3, 1213740], [1, 4, 2673300], [1, 5, 4376160], [1, 6, 1736800], [2, 4, 90000],
  [3, 7, 899130], [4, 7, 2145046], [5, 7, 3114870], [6, 7, 1392688],
  [3, 8, 99766], [4, 8, 209409], [5, 8, 790900], [6, 8, 129926],
  [3, 9, 24101], [4, 9, 57145], [5, 9, 84183], [6, 9, 38450],
  [3, 10, 29564], [6, 10, 12],
  [3, 11, 902858], [4, 11, 2062506], [5, 11, 2821634], [6, 11, 1292402],
];

const graph = sankey()
  .nodeAlign(sankeyLeft)
  .nodePadding(GAP)
  .extent([[0, 0], [960, HEIGHT]])({
    nodes: nodes.map((name) => ({ name })),
    links: links.map(([source, target, value]) => ({ source, target, value })),
  });

const columns = [];
for (const node of graph.nodes) (columns[node.layer] ??= []).push(node);
const golden = {
  height: HEIGHT,
  gap: GAP,
  nodes,
  links,
  columns: columns.map((column) => column.sort((a, b) => a.y0 - b.y0).map((node) => node.index)),
  heights: graph.nodes.map((node) => Math.round((node.y1 - node.y0) * 100) / 100),
};
const here = dirname(fileURLToPath(import.meta.url));
const text = JSON.stringify(golden).replace(/,"(?=[a-z]+":)/g, ',\n"') + "\n";
writeFileSync(join(here, "../crates/web/src/chart/sankey/golden.json"), text);
