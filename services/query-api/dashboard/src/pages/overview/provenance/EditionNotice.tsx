/** Says that a score is not by what this server has today, and what to do. */
import type { ModelDetail } from "../../../api/client.ts";

export function EditionNotice({ detail: { dataset, model, provenance } }: { detail: ModelDetail }) {
  const { taskSetCurrent, taskSetVersion, taskSetVersionToday, rulesVersion, rulesVersionToday } = provenance;
  const otherRules = rulesVersion !== null && rulesVersion !== rulesVersionToday;
  if (taskSetCurrent !== false && !otherRules) return null;
  const what = [
    taskSetCurrent === false &&
      `Scored with another edition of the task set: ${taskSetVersion}, where this server has ${taskSetVersionToday}.`,
    otherRules && `Scored by version ${rulesVersion} of the rules; today's is ${rulesVersionToday}.`,
  ];
  return (
    <p role="note" className="bg-part-soft text-part rounded-xl px-4 py-3 text-sm break-words lg:col-span-3">
      {what.filter(Boolean).join(" ")} To score its stored answers anew:{" "}
      <code>
        arcwatch rescore {dataset} {model}
      </code>
      . Where that says that only the files can tell:{" "}
      <code>
        arcwatch ingest {dataset} {model} --force
      </code>
      .
    </p>
  );
}
