/** What was wrong with a file, in words: the kinds of services/ingester/src/ingester/submission/error_kinds.py. */

const KINDS: Record<string, string> = {
  not_json: "not JSON",
  not_a_submission: "not a submission",
  unknown_task: "unknown task",
  integrity: "damaged on its way",
  too_large: "too large",
  too_complex: "too complex",
  unavailable: "not given by the Hub",
  unreadable_answer: "answer without a grid",
  malformed_pair: "malformed pair",
  malformed_attempt: "malformed attempt",
  unknown_attempt: "unknown attempt",
  pair_out_of_range: "no such pair",
  duplicate_answer: "answered twice",
  duplicate_key: "key given twice",
  value_out_of_range: "number out of range",
  text_replaced: "text mended",
  too_deep: "nested too deeply",
};

/** A kind's name; one that a newer ingester knows is shown as it is called there. */
export function kindName(kind: string): string {
  return KINDS[kind] ?? kind.replaceAll("_", " ");
}
