/** What the marks of the scatter plot mean. */
import { plural } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import { Mark, type MarkKind } from "./Mark.tsx";

interface LegendProps {
  marks: ReadonlyMap<string, MarkKind>;
  withLatest: boolean;
  /** Submissions that do not tell what they cost. */
  untold: number;
}

export function Legend({ marks, withLatest, untold }: LegendProps) {
  return (
    <ul className="text-muted mb-2 flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {[...marks].map(([source, mark]) => (
        <li key={source} className="flex items-center gap-2">
          <svg width={14} height={14} aria-hidden="true">
            <Mark kind={mark} x={7} y={7} size={70} />
          </svg>
          {setName(source)}
        </li>
      ))}
      {withLatest && (
        <li className="flex items-center gap-2">
          <svg width={18} height={18} aria-hidden="true">
            <circle cx={9} cy={9} r={7.5} className="stroke-ink fill-none stroke-[1.5]" />
          </svg>
          Latest ingested
        </li>
      )}
      {untold > 0 && <li>{plural(untold, "submission")} without a cost: see the table</li>}
    </ul>
  );
}
