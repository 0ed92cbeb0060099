/** A bar of parts, drawn as SVG: widths in an inline style would need a looser policy. */

export interface Part {
  value: number;
  className: string;
  label: string;
}

export function Bar({
  parts,
  total,
  label,
  height = 10,
}: {
  parts: Part[];
  total: number;
  label: string;
  height?: number;
}) {
  const starts = parts.map((_, place) => parts.slice(0, place).reduce((sum, { value }) => sum + value, 0));
  const width = (value: number) => (total > 0 ? (100 * value) / total : 0);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 100 ${height}`}
      height={height}
      preserveAspectRatio="none"
      className="bg-raised block w-full rounded-full"
    >
      {parts.map((part, place) => (
        <rect
          key={part.label}
          x={width(starts[place] ?? 0)}
          width={width(part.value)}
          height={height}
          className={part.className}
        >
          <title>{`${part.label}: ${part.value}`}</title>
        </rect>
      ))}
    </svg>
  );
}

/** What became of the tasks of a set; before it is known which were solved, only how many were submitted. */
export function outcome(row: { tasksSolved: number | null; tasksSubmitted: number }): Part[] {
  if (row.tasksSolved === null)
    return [{ label: "Submitted", value: row.tasksSubmitted, className: "fill-strong" }];
  return [
    { label: "Solved", value: row.tasksSolved, className: "fill-good" },
    { label: "Not solved", value: row.tasksSubmitted - row.tasksSolved, className: "fill-bad/65" },
  ];
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
      className="w-full"
    >
      <svg
        viewBox="0 0 100 8"
        height={8}
        preserveAspectRatio="none"
        className="bg-raised block w-full rounded-full"
        aria-hidden="true"
      >
        <rect
          width={done === null ? 100 : total ? (100 * done) / total : 0}
          height={8}
          className={done === null ? "waiting fill-accent" : "fill-accent transition-all duration-300"}
        />
      </svg>
    </div>
  );
}
