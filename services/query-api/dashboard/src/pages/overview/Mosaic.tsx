/** All tasks of a submission as one picture. */
import { count } from "../../lib/format.ts";
import { type TaskCell, type TaskState, tally } from "../../lib/tasks.ts";

const FILLS: Record<TaskState, string> = {
  correct: "fill-[#3ddc97]",
  partial: "fill-[#ffd166]",
  incorrect: "fill-[#ff7a59]/40",
  missing: "fill-white/8",
};

const SIZE = 300;

export function Mosaic({ cells }: { cells: readonly TaskCell[] }) {
  const columns = Math.ceil(Math.sqrt(cells.length));
  const step = SIZE / columns;
  const gap = step > 18 ? 3 : 2;
  const sums = tally(cells);
  const label = `${count(sums.correct)} tasks solved, ${count(sums.partial)} in part, ${count(sums.incorrect)} not, ${count(sums.missing)} not attempted`;
  return (
    <svg viewBox={`0 0 ${SIZE} ${SIZE}`} className="rise w-full max-w-84" role="img" aria-label={label}>
      {cells.map((cell, place) => (
        <rect
          key={cell.id}
          x={(place % columns) * step}
          y={Math.floor(place / columns) * step}
          width={step - gap}
          height={step - gap}
          rx={step / 6}
          className={FILLS[cell.state]}
        />
      ))}
    </svg>
  );
}
