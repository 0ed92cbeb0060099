/** What the API's words are called for people. The compiler knows from its document whether one is missing. */
import type { Schemas } from "../api/client.ts";

const KINDS = {
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
  unknown_answer: "unknown answer",
  null_attempt: "null attempt",
  pair_out_of_range: "no such pair",
  pair_index_missing: "pair's index missing",
  duplicate_answer: "answered twice",
  unread_metadata: "metadata not read",
  duplicate_key: "key given twice",
  value_out_of_range: "number out of range",
  text_replaced: "text mended",
  too_deep: "nested too deeply",
  duplicate_file: "file given twice",
  other_task_set: "another task set",
  no_task_name: "named like no task",
  model_name_missing: "model's name missing",
  nested_folder: "nested folder",
  nothing_usable: "nothing usable",
} satisfies Record<Schemas["ErrorKind"] | Schemas["NoteKind"], string>;

const SETS = {
  ARC1: "ARC-AGI-1 training",
  "ARC1-Eval": "ARC-AGI-1 eval",
  ARC2: "ARC-AGI-2 training",
  "ARC2-Eval": "ARC-AGI-2 eval",
  "ARC1-Semi-Private": "ARC-AGI-1 semi-private",
  "ARC1-Private": "ARC-AGI-1 private",
  "ARC2-Semi-Private": "ARC-AGI-2 semi-private",
  "ARC2-Private": "ARC-AGI-2 private",
  "ARC-Heavy": "ARC-Heavy",
  ConceptARC: "ConceptARC",
} satisfies Record<Schemas["Source"], string>;

const MODEL_KINDS = {
  model: "model",
  system: "system",
  human_panel: "human panel",
  baseline: "baseline",
} satisfies Record<NonNullable<Schemas["ModelRow"]["kind"]>, string>;

const OCCASIONS = {
  schedule: "on schedule",
  catch_up: "made up for a missed one",
  startup: "at the start",
  webhook: "after a call of the Hub",
  manual: "asked for by hand",
} satisfies Record<Schemas["SyncEvent"]["trigger"], string>;

const nameIn = (names: Readonly<Record<string, string>>, word: string) => names[word];

/** What was wrong with a file; a kind that a newer ingester knows is shown as it is called there. */
export function kindName(kind: string): string {
  return nameIn(KINDS, kind) ?? kind.replaceAll("_", " ");
}

/** The name of a task set. */
export function setName(source: string): string {
  return nameIn(SETS, source) ?? source;
}

/** What a submission is of. */
export function kindOfModel(kind: string): string {
  return nameIn(MODEL_KINDS, kind) ?? kind.replaceAll("_", " ");
}

/** Why a sync ran. */
export function occasion(trigger: string): string {
  return nameIn(OCCASIONS, trigger) ?? trigger.replaceAll("_", " ");
}
