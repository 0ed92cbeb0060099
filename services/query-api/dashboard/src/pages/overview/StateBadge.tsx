/** What became of a task, in words. */
import type { TaskState } from "../../lib/tasks.ts";
import { Badge, type Tone } from "../../ui/Badge.tsx";

const STATES: Record<TaskState, [Tone, string]> = {
  correct: ["good", "solved"],
  partial: ["part", "partly solved"],
  incorrect: ["bad", "not solved"],
  missing: ["plain", "not attempted"],
};

export function StateBadge({ state }: { state: TaskState }) {
  const [tone, name] = STATES[state];
  return <Badge tone={tone}>{name}</Badge>;
}
