/** Says that a score is not by what this server has today, and what to do. */
import type { Schemas } from "../../../api/client.ts";

export function EditionNotice({ from }: { from: Schemas["Provenance"] }) {
  const { taskSetCurrent, taskSetVersion, taskSetVersionToday, rulesVersion, rulesVersionToday } = from;
  const otherRules = rulesVersion !== null && rulesVersion !== rulesVersionToday;
  if (taskSetCurrent !== false && !otherRules) return null;
  const what = [
    taskSetCurrent === false &&
      `Scored with another edition of the task set: ${taskSetVersion}, where this server has ${taskSetVersionToday}.`,
    otherRules && `Scored by rules ${rulesVersion}; today's are ${rulesVersionToday}.`,
  ].filter(Boolean);
  return (
    <p role="note" className="bg-part-soft text-part rounded-xl px-4 py-3 text-sm lg:col-span-3">
      {what.join(" ")} <code>arcwatch rescore</code> scores its stored answers anew
      {taskSetCurrent === false && ", by the edition in ARC_TASKS_DIR where there is one"}.
    </p>
  );
}
