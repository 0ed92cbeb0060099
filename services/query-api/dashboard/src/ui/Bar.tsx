/** Bars: of parts that make up a whole, of what became of tasks, and of progress. */
import type { ModelRow } from "../api/client.ts";
import { share } from "../lib/format.ts";

interface BarProps {
  parts: { value: number; className: string; label: string }[];
  total: number;
  label: string;
  className?: string;
}

const width = (part: number, whole: number) => ({ width: `${100 * (share(part, whole) ?? 0)}%` });

export function Bar({ parts, total, label, className = "h-2" }: BarProps) {
  return (
    <div
      role="img"
      aria-label={label}
      className={`bg-raised flex w-full overflow-hidden rounded-full ${className}`}
    >
      {parts.map((part) => (
        <div
          key={part.label}
          title={`${part.label}: ${part.value}`}
          className={part.className}
          style={width(part.value, total)}
        />
      ))}
    </div>
  );
}

/** What became of the tasks of a set; before it is known which were solved, only how many were submitted. */
export function OutcomeBar({ row, className = "h-2" }: { row: ModelRow; className?: string }) {
  const { tasksTotal, tasksSubmitted, tasksSolved } = row;
  const unsolved = tasksSubmitted - (tasksSolved ?? 0);
  const parts =
    tasksSolved === null
      ? [{ label: "Submitted", value: tasksSubmitted, className: "bg-strong" }]
      : [
          { label: "Solved", value: tasksSolved, className: "bg-good" },
          { label: "Not solved", value: unsolved, className: "bg-bad/65" },
        ];
  const label = `${tasksSolved ?? 0} tasks solved, ${unsolved} not solved, ${tasksTotal - tasksSubmitted} not attempted`;
  return <Bar parts={parts} total={tasksTotal} label={label} className={className} />;
}

interface ProgressProps {
  /** Null while it is not known how far it is. */
  done: number | null;
  total: number;
  label: string;
}

export function ProgressBar({ done, total, label }: ProgressProps) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      {...(done === null ? {} : { "aria-valuenow": done, "aria-valuemax": total })}
      className="bg-raised h-2 w-full overflow-hidden rounded-full"
    >
      <div
        className={`bg-accent h-full ${done === null ? "waiting" : "transition-all duration-300"}`}
        style={width(done ?? 1, done === null ? 1 : total)}
      />
    </div>
  );
}
