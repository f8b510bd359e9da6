// Why a code or a list is refused: the words of `docs/verify.md`, as far as they concern permits.

export type Reason =
  | "too_long" | "prefix_missing" | "base45_bad" | "zlib_bad" | "inflates_too_far" | "bytes_left"
  | "cbor_bad" | "cbor_indefinite" | "cbor_not_canonical" | "cbor_key_twice" | "cbor_too_deep" | "cbor_too_many"
  | "integer_too_large" | "not_signed" | "algorithm_other" | "header_bad" | "key_unknown" | "signature_bad"
  | "issuer_other" | "key_out_of_date" | "claims_bad" | "quantity_bad" | "validity_bad"
  | "not_yet_valid" | "expired" | "revoked" | "used" | "list_too_old"
  | "part_missing" | "part_twice" | "part_of_another" | "parts_differ"
  | "list_unsorted" | "list_of_another" | "list_rolled_back";

export class Refused extends Error {
  constructor(readonly reason: Reason) {
    super(reason);
  }
}

export function refuse(reason: Reason): never {
  throw new Refused(reason);
}
