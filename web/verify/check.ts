// What checks permits and lists, for whoever has keys: the page, and the tests.

export { Keys } from "./envelope.ts";
export { fromBase64 } from "./letters.ts";
export { readList } from "./list.ts";
export { checkPermit } from "./permit.ts";
export { Refused } from "./refused.ts";
