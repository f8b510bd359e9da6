// Ways through the pages, as people go them. After every act the auditor's page says what it left in the journal.

import { join } from "node:path";

import { asJson, check, until } from "./lib.mjs";
import { Wrong, look } from "./sweep.mjs";

/// People whom the demonstration has and does not invite by itself.
export const GUESTS = ["KR/choi", "CN/bao", "CN/jiang", "CN/xu", "CN/kang"];

const IMPORTER = { name: "Hangang Pharmaceutical Industry", address: "27 Osongsaengmyeong 4-ro, Cheongju" };
const EXPORTER = { name: "Jade Spring Pharmaceutical", address: "18 Yingbin Road, Taizhou, Zhejiang" };
const CASE = "CN/EX-25-01";

/// Estimates of the new year: the importing country sets its own, the exporting country records what is published.
export async function estimates(world) {
  const choi = await world.seat("KR/planning_officer:choi");
  const { seq } = await choi.act("set_estimate", {
    year: 2025,
    substance: "fentanyl",
    consumption: "1800 g",
    utilization: "0",
    special_additions: "0",
    stock_target: "900 g",
    stock_previous: "700 g",
    deduction: "0",
    method: "Hospitals' use of three years, and a stock of some months",
  }, { on: "/planning/2025", expect: { kind: "DecisionProposed", actor: "planning_officer:choi", do: "set_estimate" } });
  const park = await world.seat("KR/approver:park");
  await park.approve(seq, { kind: "EstimateSet", estimate: { year: 2025, substance: "fentanyl" }, total: "2000" });
  const luo = await world.seat("CN/planning_officer:luo");
  await luo.act("record_totals", {
    version: "E-2025-01",
    dated_on: "2025-01-08",
    source: "The Board's published table of estimates",
    rows: [{ country: "KR", year: 2025, substance: "fentanyl", total: "2000 g" }],
  }, { on: "/planning", expect: { kind: "EstimateTotalsRecorded", actor: "planning_officer:luo", version: "E-2025-01" } });
}

/// An import authorization: applied for by the importer, issued by two officers.
export async function authorized(world) {
  const yoon = await world.seat("KR/H-KR-1:yoon");
  await yoon.act("apply_import", {
    id: "KR-A-25-01",
    site: "KR-1",
    address: IMPORTER.address,
    exporter: { ...EXPORTER, country: "CN" },
    lines: [{ item: "kr-fentanyl-citrate", amount: "100 g" }],
    purpose: "manufacture",
    consignments: "single",
  }, { on: "/authorizations", expect: { kind: "ImportApplied", actor: "H-KR-1:yoon", id: "KR-A-25-01", site: "KR-1" } });
  const kim = await world.seat("KR/permit_officer:kim");
  const { seq } = await kim.act("issue_import_authorization", {
    id: "KR-IA-25-01",
    application: "KR-A-25-01",
    valid_until: "2025-06-30",
  }, { on: "/authorizations", about: "KR-A-25-01", expect: { kind: "DecisionProposed", actor: "permit_officer:kim" } });
  const park = await world.seat("KR/approver:park");
  await park.approve(seq, {
    kind: "ImportAuthorizationIssued",
    application: "KR-A-25-01",
    authorization: { number: "KR-IA-25-01", valid_until: "2025-06-30", purpose: "manufacture" },
  });
}

/// The exporter applies, and the importing authority is asked.
export async function requested(world) {
  const lu = await world.seat("CN/permit_officer:lu");
  await arrives(lu, "/authorizations?view=foreign", "KR-IA-25-01");
  const hu = await world.seat("CN/H-M1:hu");
  await hu.act("apply_export", {
    id: "EX-25-01",
    site: "M1-API",
    address: EXPORTER.address,
    importer: { ...IMPORTER, country: "KR" },
    lines: [{ item: "fentanyl-citrate", amount: "100 g" }],
    purpose: "manufacture",
    authorization: "KR-IA-25-01",
  }, { on: "/cases", expect: { kind: "ExportApplied", actor: "H-M1:hu", case: CASE, site: "M1-API" } });
  await lu.act("request_confirmation", { export: "EX-25-01" }, {
    on: `/cases/${CASE}`,
    expect: { kind: "ConfirmationRequested", actor: "permit_officer:lu", case: CASE },
  });
  await arrives(await world.seat("KR/permit_officer:kim"), "/cases", CASE);
}

/// The importing authority asks first, and gets an answer.
async function questioned(world) {
  const kim = await world.seat("KR/permit_officer:kim");
  await kim.act("ask_question", { case: CASE, question: "For which maker of ampoules is it?" }, {
    on: `/cases/${CASE}`,
    expect: { kind: "QuestionAsked", actor: "permit_officer:kim", case: CASE },
  });
  const lu = await world.seat("CN/permit_officer:lu");
  await offered(lu, "answer_question");
  await lu.says("For which maker of ampoules is it?");
  await lu.act("answer_question", { case: CASE, answer: "For the importer's own works in Cheongju" }, {
    on: `/cases/${CASE}`,
    expect: { kind: "QuestionAnswered", actor: "permit_officer:lu", case: CASE },
  });
  await offered(kim, "confirm");
  await kim.says("For the importer's own works in Cheongju");
}

/// Waits until the case's page offers an act.
async function offered(seat, verb) {
  await until(`${verb} is open in ${seat.authority}`, async () => {
    await seat.open(`/cases/${CASE}`);
    return seat.main.locator(`a[href^="/act/${verb}?"]`).count();
  });
}

/// The importing authority's yes, field by field.
export async function confirmed(world) {
  const kim = await world.seat("KR/permit_officer:kim");
  await kim.act("confirm", { case: CASE }, {
    on: `/cases/${CASE}`,
    expect: { kind: "RequestConfirmed", actor: "permit_officer:kim", case: CASE },
  });
}

/// The permit is proposed by the officer whose case it is; gives the proposal's number.
export async function proposed(world) {
  const lu = await world.seat("CN/permit_officer:lu");
  await until(`${CASE} is confirmed in CN`, async () => {
    await lu.open(`/cases/${CASE}`);
    return lu.main.locator('a[href^="/act/issue_export_permit"]').count();
  });
  const { seq } = await lu.act("issue_export_permit", {
    id: "XP-25-01",
    export: "EX-25-01",
    valid_until: "2025-03-31",
  }, { on: `/cases/${CASE}`, expect: { kind: "DecisionProposed", actor: "permit_officer:lu" } });
  return seq;
}

/// The permit: issued by two officers, on paper, and before the public.
async function permitted(world) {
  const seq = await proposed(world);
  const fang = await world.seat("CN/approver:fang");
  await fang.approve(seq, { kind: "ExportPermitIssued", case: CASE });
  await printed(world);
  await verified(world, "XP-25-01", "permit-valid");
}

/// What 1961 art. 31(4)(b) and (c) ask of a permit, on its paper: the drug by its international name, the quantity, both
/// parties with their addresses, the period; and of the import authorization the number, the date, and who has issued it.
async function printed(world) {
  const kim = await world.seat("KR/permit_officer:kim");
  const [, issued] = /(\d+ \w+ \d{4})/.exec(await kim.page.locator(".cs-demo").innerText());
  const lu = await world.seat("CN/permit_officer:lu");
  await lu.page.emulateMedia({ media: "print" });
  await lu.open("/permits/XP-25-01");
  const sheet = (await lu.main.innerText()).replace(/\s+/g, " ").toLowerCase();
  const parties = [...Object.values(IMPORTER), ...Object.values(EXPORTER), "Republic of Korea", "China"];
  const goods = ["fentanyl", "citrate", "100 g"];
  const papers = ["XP-25-01", "31 March 2025", "KR-IA-25-01", issued, "Ministry of Food and Drug Safety"];
  for (const told of [...parties, ...goods, ...papers]) {
    check(sheet.includes(told.toLowerCase()), `the permit's sheet does not tell ${told}: ${sheet}`);
  }
  await lu.page.emulateMedia({ media: null });
  const document = await lu.context.request.get(`${lu.base}/permits/XP-25-01/document.pdf`);
  const begins = (await document.body()).subarray(0, 5).toString();
  check(document.ok() && begins === "%PDF-", `the permit's document is no PDF: ${document.status()} ${begins}`);
}

/// What anybody is told of a permit, by its number alone.
async function verified(world, number, state) {
  const anyone = await world.nobody("CN");
  await anyone.open("/verify");
  await anyone.main.getByLabel(anyone.t("verify-number")).fill(number);
  await anyone.press(anyone.t("verify-look"));
  await anyone.main.getByText(anyone.t(state), { exact: true }).first().waitFor();
  await anyone.context.close();
}

/// The goods leave, and customs says so.
async function departed(world) {
  const hu = await world.seat("CN/H-M1:hu");
  const sent = await hu.act("dispatch", {
    site: "M1-API",
    item: "fentanyl-citrate",
    batch: "FC-1-2411",
    amount: "100 g",
    destination: "KR",
    permit: "XP-25-01",
    carrier: "air-02",
  }, { on: `/cases/${CASE}`, expect: { kind: "MovementRecorded", actor: "H-M1:hu", movement: "dispatch", site: "M1-API" } });
  await hu.act("export", { site: "M1-API", dispatch: sent.seq, amount: 100_000_000 }, {
    on: `/cases/${CASE}`,
    expect: { kind: "MovementRecorded", movement: "export", amount: 100_000_000, dispatch: sent.seq },
  });
  // At the border the code is scanned, and the same page tells what is left and leads to the endorsement.
  const lu = await world.seat("CN/permit_officer:lu");
  const code = await (await lu.context.request.get(`${lu.base}/permits/XP-25-01/code`)).text();
  const qin = await world.seat("CN/customs_officer:qin");
  await qin.open("/customs");
  await qin.main.getByLabel(qin.t("customs-number")).fill(code);
  await qin.press(qin.t("customs-look"));
  await qin.says(qin.t("code-same"));
  await qin.says(qin.t("customs-rest"));
  await qin.act("endorse_departure", {
    permit: "XP-25-01",
    post: "Shanghai Pudong Airport",
    lines: [{ item: "fentanyl-citrate", amount: "100 g" }],
    declaration: "2208 2025 000 117",
  }, { on: "", about: "XP-25-01", expect: { kind: "ConsignmentDeparted", actor: "customs_officer:qin" } });
}

/// A little less arrives than left: both sides say why, and close the case with the same figures.
async function arrived(world) {
  const yoon = await world.seat("KR/H-KR-1:yoon");
  await until(`${CASE} is on its way in KR`, async () => {
    await yoon.open(`/cases/${CASE}`);
    return yoon.main.locator('a[href^="/act/import"]').count();
  });
  await yoon.act("import", {
    site: "KR-1",
    item: "kr-fentanyl-citrate",
    batch: "FC-1-2411",
    amount: "99.9 g",
    origin: "CN",
    authorization: "KR-IA-25-01",
    case: CASE,
    expires_on: "2027-10-31",
  }, { on: `/cases/${CASE}`, expect: { kind: "MovementRecorded", actor: "H-KR-1:yoon", movement: "import", amount: 99_900_000 } });
  const jung = await world.seat("KR/customs_officer:jung");
  await jung.act("endorse_arrival", {
    case: CASE,
    post: "Incheon Airport",
    lines: [{ item: "kr-fentanyl-citrate", amount: "99.9 g" }],
  }, { on: "/customs/XP-25-01", expect: { kind: "ConsignmentArrived", actor: "customs_officer:jung", case: CASE } });
  const lu = await world.seat("CN/permit_officer:lu");
  const kim = await world.seat("KR/permit_officer:kim");
  for (const seat of [kim, lu]) {
    await offered(seat, "resolve_discrepancy");
    const explanation = "The scales of the two countries differ by a tenth of a gram";
    await seat.act("resolve_discrepancy", { case: CASE, cause: "measurement", explanation }, {
      on: `/cases/${CASE}`,
      expect: { kind: "DiscrepancyResolved", case: CASE, resolution: { cause: "measurement" } },
    });
  }
  for (const seat of [kim, lu]) {
    await until(`${CASE} is closed in ${seat.authority}`, async () => {
      await seat.open(`/cases/${CASE}`);
      return seat.main.getByText(seat.t("case-stage-closed"), { exact: true }).count();
    });
    await seat.says(/\b100 g/);
    await seat.says(/\b99\.9 g/);
  }
  await verified(world, "XP-25-01", "permit-used");
}

/// Waits until a list has what another authority has sent.
async function arrives(seat, path, what) {
  await until(`${seat.authority}${path} has ${what}`, async () => {
    await seat.open(path);
    return seat.main.getByText(what, { exact: false }).count();
  });
}

async function exported(world) {
  const parts = [estimates, authorized, requested, questioned, confirmed, permitted, departed, arrived];
  for (const part of parts) await part(world);
}

/// Detained goods that pass through are let go when their copy has come, packed anew, and counted when they leave.
async function passed(world) {
  const on = "/passages/TR-24-02";
  const lu = await world.seat("CN/permit_officer:lu");
  const fang = await world.seat("CN/approver:fang");
  const qin = await world.seat("CN/customs_officer:qin");
  await qin.open("/customs");
  await qin.main.getByRole("link", { name: qin.t("passages-title") }).click();
  await qin.says(qin.t("passage-is-detained"));
  const two = async (verb, fields, kind) => {
    const expect = { kind: "DecisionProposed", actor: "permit_officer:lu", do: verb };
    const { seq } = await lu.act(verb, { passage: "TR-24-02", ...fields }, { on, expect });
    await fang.approve(seq, { kind, passage: "TR-24-02" });
  };
  const copy = { number: "IN-NC-24-5513", valid_until: "2025-02-28" };
  await two("release_passage", { copy, reason: "India has sent the copy" }, "PassageReleased");
  await two("permit_repacking", { reason: "The box is torn" }, "RepackingPermitted");
  const packing = { packages: 2, gross_g: 2100 };
  await qin.act("record_repacking", { passage: "TR-24-02", ...packing, seals: "CN 88 and 89", post: "Beijing" }, {
    on, expect: { kind: "PassageRepacked", actor: "customs_officer:qin", ...packing },
  });
  await qin.act("end_passage", {
    passage: "TR-24-02",
    post: "Beijing",
    destination: "MN",
    lines: [{ item: "fentanyl-0.5mg-amp", amount: 200 }],
    ...packing,
  }, { on, expect: { kind: "PassageEnded", differs: false } });
  await qin.open(on);
  await qin.says(qin.t("passage-is-ended"));
}

/// A licence is granted by one officer and another.
async function licensed(world) {
  const chen = await world.seat("CN/licensing_officer:chen");
  const { seq } = await chen.act("grant_licence", {
    id: "L-M1-FIN-25",
    holder: "H-M1",
    activity: "manufacture_preparation",
    substances: ["fentanyl", "sufentanil"],
    sites: ["M1-FIN"],
    valid_from: "2025-08-01",
    valid_until: "2030-07-31",
  }, { on: "/holders/H-M1", expect: { kind: "DecisionProposed", actor: "licensing_officer:chen", do: "grant_licence" } });
  const jiang = await world.seat("CN/approver:jiang");
  await jiang.approve(seq, { kind: "LicenceGranted", id: "L-M1-FIN-25", holder: "H-M1", valid_until: "2030-07-31" });
  await chen.open("/licences/L-M1-FIN-25");
  await chen.says("L-M1-FIN-25");
}

/// A maker's quota of the new year is raised by two officers, within the plan, and the plan within the estimate.
async function quota(world) {
  const bao = await world.seat("CN/planning_officer:bao");
  const jiang = await world.seat("CN/approver:jiang");
  const two = async (verb, fields, kind, told) => {
    const expect = { kind: "DecisionProposed", actor: "planning_officer:bao", do: verb };
    const { seq } = await bao.act(verb, fields, { on: "/planning/2025", expect });
    await jiang.approve(seq, { kind, ...told });
  };
  await two("set_estimate", {
    year: 2025,
    substance: "alfentanil",
    consumption: "11000 g",
    utilization: "0",
    special_additions: "0",
    stock_target: "9000 g",
    stock_previous: "9000 g",
    deduction: "0",
    method: "Hospitals' returns",
  }, "EstimateSet", { estimate: { year: 2025, substance: "alfentanil" } });
  await two("set_plan", {
    year: 2025,
    substance: "alfentanil",
    domestic_need: "9000 g",
    expected_exports: "1000 g",
    stock_change: "0",
    process_allowance: "400 g",
    preparations: [{ item: "alfentanil-1mg-amp", amount: 9_000_000 }],
    reason: "Returns for the new year are still coming in",
  }, "PlanSet", { year: 2025, substance: "alfentanil", domestic_need: "9000" });
  for (const amount of ["5 kg", "2 kg"]) {
    await two("grant_quota", { year: 2025, holder: "H-M1", of: "alfentanil", amount }, "QuotaGranted", { year: 2025, holder: "H-M1", of: "alfentanil", amount });
  }
}

/// A hospital orders, its wholesaler sends, the hospital receives and dispenses; without a script.
async function hospital(world) {
  const how = { script: false };
  const xia = await world.seat("CN/H-BJ-01:xia", how);
  const item = "fentanyl-0.1mg-amp";
  await xia.act("place_order", {
    id: "PO-25-1",
    site: "BJ-01",
    supplier: "RW-BJ-1",
    lines: [{ item, amount: 500 }],
    wanted_on: "2025-01-20",
  }, { on: "/orders", expect: { kind: "OrderPlaced", actor: "H-BJ-01:xia", id: "PO-25-1", supplier: "RW-BJ-1" } });
  const kang = await world.seat("CN/H-RW-BJ-1:kang", how);
  const sent = await kang.act("dispatch", {
    site: "RW-BJ-1",
    item,
    batch: /^F01-/,
    amount: 500,
    to: "BJ-01",
    order: "PO-25-1",
  }, { on: "/orders/PO-25-1", expect: { kind: "MovementRecorded", movement: "dispatch", site: "RW-BJ-1", item, amount: 500 } });
  await xia.act("receive", { site: "BJ-01", dispatch: sent.seq, amount: 500 }, {
    on: "/orders/PO-25-1",
    expect: { kind: "MovementRecorded", actor: "H-BJ-01:xia", movement: "receive", dispatch: sent.seq, amount: 500 },
  });
  await xia.act("dispense", { site: "BJ-01", item, batch: /F01-.*0\.1 mg/, amount: 20 }, {
    on: "/hospital",
    expect: { kind: "MovementRecorded", movement: "dispense", site: "BJ-01", item, amount: 20 },
  });
}

/// In Chinese: a licensing officer issues a purchase card.
async function chinese(world) {
  const xu = await world.seat("CN/licensing_officer:xu", { lang: "zh" });
  await xu.act("issue_purchase_card", {
    id: "CARD-BJ-01-25",
    site: "BJ-01",
    substances: ["alfentanil"],
    valid_from: "2025-02-01",
    valid_until: "2028-01-31",
  }, { on: "/holders/H-BJ-01", expect: { kind: "PurchaseCardIssued", actor: "licensing_officer:xu", id: "CARD-BJ-01-25", site: "BJ-01" } });
}

/// On a telephone: an inspection is planned, made, and something is found.
async function phone(world) {
  const how = { width: 390 };
  const yao = await world.seat("CN/chief_inspector:yao", how);
  await yao.act("plan_inspection", { id: "P-25-X", site: "BJ-01", kind: "special", planned_on: "2025-01-09" }, {
    on: "/inspections",
    expect: { kind: "InspectionPlanned", actor: "chief_inspector:yao", id: "P-25-X", site: "BJ-01" },
  });
  const tian = await world.seat("CN/inspector:tian", how);
  await tian.act("record_visit", { inspection: "P-25-X", inspectors: ["tian", "min"] }, {
    on: "/inspections/P-25-X",
    expect: { kind: "VisitRecorded", actor: "inspector:tian", inspection: "P-25-X" },
  });
  await tian.act("record_finding", {
    id: "F-25-X-1",
    inspection: "P-25-X",
    grade: "minor",
    says: "The register of the night ward was signed a day late",
  }, { on: "/inspections/P-25-X", expect: { kind: "FindingRecorded", id: "F-25-X-1", grade: "minor" } });
}

/// An authority begins: two administrators, the first roles, the first officer, the first company.
async function firstRun(world) {
  const dir = join(world.folder, "real");
  const made = asJson("init", "--country", "IS", "--name", "Medicines Agency", "--dir", dir);
  const serving = world.run("serve", "--dir", dir, "--listen", "localhost:0");
  const base = await serving.until("the new authority is served", (it) => /serves (http\S+)/.exec(it.noted)?.[1]);
  const come = (person, link) => world.welcome({ authority: "IS", person, base, link: base + new URL(link).pathname });
  for (const [person, link] of Object.entries(made.enrolment)) come(person, link);
  const [a, b] = await Promise.all([world.seat("IS/administrator:a"), world.seat("IS/administrator:b")]);
  // Whoever comes first finds what there is to do.
  await a.open("/");
  check(new URL(a.page.url()).pathname === "/first-run", `an administrator begins at ${a.page.url()}`);
  const both = async (verb, fields, how) => {
    const { seq, handed } = await a.act(verb, fields, { ...how, expect: { kind: "DecisionProposed", actor: "administrator:a", do: verb } });
    return { link: handed, code: (await b.approve(seq, { kind: { grant_role: "RoleGranted", allow_enrolment: "EnrolmentAllowed" }[verb] })).handed };
  };
  for (const actor of ["licensing_officer:anna", "auditor:olaf"]) {
    await both("grant_role", { actor }, { on: "/first-run", about: actor.split(":")[0] });
  }
  for (const person of ["anna", "olaf"]) {
    const { link, code } = await both("allow_enrolment", { person, renews: "all" }, { on: `/people/${person}` });
    check(link.startsWith("http") && /^[\d-]{23}$/.test(code), `handed over: ${link} and ${code}`);
    come(person, link).handed = code;
  }
  const anna = await world.seat("IS/licensing_officer:anna");
  await anna.act("register_holder", { id: "H-1", name: "Northern Light Pharmacy" }, {
    on: "/holders",
    expect: { kind: "HolderRegistered", actor: "licensing_officer:anna", id: "H-1", name: "Northern Light Pharmacy" },
  });
  await world.audit("IS", "IS/auditor:olaf");
  await a.open("/first-run");
}

/// A dispatch from one province to a site that the other one shares: three ampoules are missing, both sides know it, and
/// each gives its word.
async function between(world) {
  const people = ["CN-HB/auditor:ada", "CN-HN/auditor:olaf", "CN-HB/licensing_officer:li", "CN-HN/licensing_officer:luo"];
  await world.play("provinces.toml", [...people, "CN-HB/H-NAT:ning", "CN-HN/H-REG:ren"]);
  await world.audit("CN-HB", "CN-HB/auditor:ada");
  await world.audit("CN-HN", "CN-HN/auditor:olaf");
  const [li, luo] = await Promise.all([world.seat("CN-HB/licensing_officer:li"), world.seat("CN-HN/licensing_officer:luo")]);
  await luo.act("share_site", { site: "S-REG", partner: "CN-HB", licence: "LIC-REG" }, {
    on: "/provinces", expect: { kind: "SiteShared", actor: "licensing_officer:luo", site: "S-REG", partner: "CN-HB" },
  });
  await arrives(li, "/provinces", "Xiang Wholesale (S-REG)");
  const sent = await supplied(world);
  const told = await received(world);
  for (const [seat, entry, explanation] of [[luo, told, "The box was open"], [li, sent, "A broken box"]]) {
    await arrives(seat, "/queue", seat.t("queue-what-difference"));
    await until(`${seat.authority} is asked for its word`, async () => {
      await seat.open("/provinces");
      return seat.main.locator('a[href^="/act/resolve_difference?"]').count();
    });
    await accessible(seat);
    await seat.act("resolve_difference", { dispatch: entry, cause: "loss", explanation, incident: "I-7" }, {
      on: `/provinces/${entry}`, expect: { kind: "DifferenceResolved", dispatch: entry, cause: "loss" },
    });
  }
  for (const [seat, entry] of [[li, sent], [luo, told]]) {
    await arrives(seat, `/provinces/${entry}`, seat.t("provinces-resolved"));
    for (const says of ["200 ampoules", "197 ampoules", "The box was open", "A broken box"]) await seat.says(says);
    await accessible(seat);
    await seat.open("/provinces");
    await seat.says(seat.t("provinces-no-differences"));
  }
  const chinese = await world.seat("CN-HN/licensing_officer:luo", { lang: "zh" });
  for (const path of ["/provinces", `/provinces/${told}`]) {
    await chinese.open(path);
    await accessible(chinese);
  }
}

/// The consignor chooses the shared site; gives the dispatch's entry.
async function supplied(world) {
  const ning = await world.seat("CN-HB/H-NAT:ning");
  const { seq } = await ning.act("dispatch", {
    partner: "CN-HN",
    to: "S-REG",
    item: "amp",
    batch: "F3",
    amount: 200,
    transport_certificate: "T-1",
  }, { on: "/company", about: "CN-HN", expect: { kind: "MovementRecorded", actor: "H-NAT:ning", movement: "dispatch", amount: 200 } });
  return seq;
}

/// The consignee finds the goods in the form, and counts three too few; gives the entry with which they were told.
async function received(world) {
  const ren = await world.seat("CN-HN/H-REG:ren");
  await arrives(ren, "/company", "National Medical Supply, S-NAT (CN-HB)");
  await ren.open("/act/receive");
  const goods = /National Medical Supply, S-NAT/;
  const entry = Number(await ren.option(await ren.control(ren.main.locator('form[action="/act/receive"]'), "receive", "dispatch"), goods));
  await ren.act("receive", { dispatch: entry, amount: 197 }, {
    on: "/company", expect: { kind: "MovementRecorded", movement: "province_in", amount: 197, dispatch: entry, short: true },
  });
  return entry;
}

/// The rules of accessibility hold on a page that only provinces have, also on a narrow screen.
async function accessible(seat) {
  const wrong = new Wrong();
  await look(seat, wrong, seat.page.url());
  wrong.check();
}

/// What can go on at the same time goes in a row of its own: nobody is in two.
export const ROWS = [
  [["an export through both countries", exported], ["goods that pass through", passed]],
  [["a licence granted by two", licensed], ["a quota raised by two", quota], ["a purchase card, in Chinese", chinese]],
  [["a hospital's order, without a script", hospital], ["an inspection, on a telephone", phone]],
  [["the first days of an authority", firstRun]],
  [["goods between two provinces", between]],
];
