// The map: one line a country, its outline in the Equal Earth projection and the place of its circle.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { geoArea, geoCentroid, geoEqualEarth, geoPath } from "d3-geo";
import { feature, merge } from "topojson-client";

const WIDTH = 960;

// Areas that the source draws apart and ISO 3166-1 does not list: drawn with the country whose code they have.
const WITHIN = { Somaliland: "SO", "N. Cyprus": "CY", Kosovo: "RS" };

// Countries of our table that the source draws as a part of another, or not at all: longitude and latitude.
const SMALL = {
  BQ: [-68.3, 12.2], BV: [3.4, -54.4], CC: [96.8, -12.2], CX: [105.6, -10.5], GF: [-53, 4], GI: [-5.35, 36.1],
  GP: [-61.5, 16.2], MQ: [-61, 14.65], RE: [55.5, -21.1], SJ: [16, 78.5], TK: [-171.8, -9.2], TV: [179.2, -8.5],
  UM: [166.6, 19.3], YT: [45.15, -12.8],
};

const read = (here, name) => JSON.parse(readFileSync(join(here, "node_modules/world-atlas", name), "utf8"));

// A country's circle stands on the largest of its lands: France is not in the Atlantic.
function centre(shape) {
  if (shape.type !== "MultiPolygon") return geoCentroid(shape);
  const lands = shape.coordinates.map((coordinates) => ({ type: "Polygon", coordinates }));
  return geoCentroid(lands.reduce((a, b) => (geoArea(b) > geoArea(a) ? b : a)));
}

// Whole numbers, each the step from the one before; a land smaller than a unit is gone.
function outline(path, shape) {
  let out = "";
  path(shape)?.split("Z").forEach((ring) => {
    const points = ring.slice(1).split("L").map((point) => point.split(",").map(Math.round));
    const kept = points.filter(([x, y], i) => i === 0 || x !== points[i - 1][0] || y !== points[i - 1][1]);
    if (kept.length < 4) return;
    let [x, y] = kept[0];
    out += `M${x} ${y}l`;
    out += kept.slice(1).map(([nx, ny]) => {
      const step = `${nx - x} ${ny - y}`;
      [x, y] = [nx, ny];
      return step;
    }).join(" ").replace(/ -/g, "-");
    out += "z";
  });
  return out;
}

export function world(here) {
  const alpha2 = new Map(
    readFileSync(join(here, "../data/countries.csv"), "utf8").trim().split("\n").slice(1)
      .map((line) => line.split(",")).map(([code, , m49]) => [m49, code]),
  );
  const coarse = read(here, "countries-110m.json");
  const fine = read(here, "countries-50m.json");
  const codeOf = (geometry) => alpha2.get(geometry.id) ?? WITHIN[geometry.properties.name];
  const grouped = new Map();
  for (const geometry of coarse.objects.countries.geometries) {
    const code = codeOf(geometry);
    grouped.set(code, [...(grouped.get(code) ?? []), geometry]);
  }
  // Nobody trades with Antarctica, and it takes a sixth of the height.
  grouped.delete("AQ");
  grouped.delete(undefined);

  const shapes = new Map([...grouped].map(([code, geometries]) => [code, merge(coarse, geometries)]));
  const all = { type: "GeometryCollection", geometries: [...shapes.values()] };
  const projection = geoEqualEarth().fitWidth(WIDTH, { type: "Sphere" });
  const [[, top], [, bottom]] = geoPath(projection).bounds(all);
  const [x, y] = projection.translate();
  projection.translate([x, y - top + 2]);
  const height = Math.ceil(bottom - top + 4);

  const path = geoPath(projection);
  const lines = new Map();
  const line = (code, place, d) => lines.set(code, `${code}\t${projection(place).map(Math.round).join(" ")}\t${d}`);
  for (const [code, shape] of shapes) line(code, centre(shape), outline(path, shape));
  for (const geometry of fine.objects.countries.geometries) {
    const code = codeOf(geometry);
    if (code && code !== "AQ" && !lines.has(code)) line(code, centre(feature(fine, geometry)), "");
  }
  for (const [code, place] of Object.entries(SMALL)) if (!lines.has(code)) line(code, place, "");

  const { version } = JSON.parse(readFileSync(join(here, "node_modules/world-atlas/package.json"), "utf8"));
  return (
    `# Natural Earth, public domain, by world-atlas ${version}; Equal Earth projection. Made by web/world.mjs.\n` +
    "# A line is a country of ISO 3166-1, the place of its circle, and its outline; a small one has no outline.\n" +
    "# Outlines are for pictures only and say nothing about the legal status of a territory.\n" +
    `0 0 ${WIDTH} ${height}\n` +
    [...lines.keys()].sort().map((code) => lines.get(code) + "\n").join("")
  );
}
