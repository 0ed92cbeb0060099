/** What became of a task, in words. */
import type { TaskState } from "../../lib/tasks.ts";
import { Badge, type Tone } from "../../ui/Badge.tsx";

const STATES: Record<TaskState, [Tone, string]> = {
  correct: ["good", "solved"],
  partial: ["part", "partly solved"],
  incorrect: ["bad", "not solved"],
  missing: ["plain", "not attempted"],
};

/** Until a state is known its place is kept, or what stands below would jump. */
export function StateBadge({ state }: { state: TaskState | undefined }) {
  const [tone, name] = STATES[state ?? "incorrect"];
  return (
    <span className={state ? "" : "invisible"} aria-hidden={!state}>
      <Badge tone={tone}>{name}</Badge>
    </span>
  );
}
