/** What shows where the heat map is pointed at: two bands, and what is said of the cell. */
import { percent } from "../../lib/format.ts";
import {
  type Family,
  LETTERS,
  type Letter,
  type Model,
  ROW_PX,
  solvedBy,
  type TaskSet,
  topOf,
} from "./heatmap.ts";
import { CURVE_PX } from "./Plane.tsx";
import type { Spot } from "./useCursor.ts";

interface CursorProps {
  spot: Spot;
  found: readonly Family[];
  cell: number;
  left: number;
  height: number;
}

// Moved by the compositor: the map below is not painted again.
const BAND = "outline-ink pointer-events-none absolute top-0 left-0 outline-1 will-change-transform";

export function Cursor({ spot, found, cell, left, height }: CursorProps) {
  const top = CURVE_PX + topOf(found, spot.row);
  return (
    <>
      <div className={`${BAND} z-20 w-full`} style={{ height: ROW_PX, transform: `translateY(${top}px)` }} />
      <div
        className={BAND}
        style={{
          width: cell,
          height: height + CURVE_PX,
          transform: `translateX(${left + spot.column * cell}px)`,
        }}
      />
    </>
  );
}

interface SaidProps {
  spot: Spot | null;
  set: TaskSet;
  model: Model | undefined;
}

/** The tip beside the pointer or the cell; what the keyboard reaches is told to screen readers too. */
export function Said({ spot, set, model }: SaidProps) {
  const task = spot && set.tasks[spot.column];
  const found = task && model ? { task, model, result: model.results[spot.column] as Letter } : null;
  return (
    <>
      <p role="status" className="sr-only">
        {found &&
          spot?.by === "key" &&
          `${found.model.displayName}, task ${found.task.puzzleId}: ${LETTERS[found.result].name}; ${solvedBy(found.task)}`}
      </p>
      {found && spot && (
        <div
          aria-hidden="true"
          data-testid="heatmap-tip"
          className="panel pointer-events-none fixed top-0 left-0 z-40 max-w-[min(18rem,46vw)] px-3 py-2 text-sm shadow-xl will-change-transform"
          style={beside(spot)}
        >
          <p className="flex items-center gap-2 font-medium">
            <span
              className={`border-line size-3 shrink-0 rounded-sm border ${LETTERS[found.result].swatch}`}
            />
            {LETTERS[found.result].name}
          </p>
          <p className="truncate">
            {found.model.displayName} <span className="text-muted">{percent(found.model.score)}</span>
          </p>
          <p className="text-muted">
            <span className="text-ink font-mono">{found.task.puzzleId}</span> {solvedBy(found.task)}
          </p>
          {spot.by === "touch" && <p className="text-muted">Tap again to open the task.</p>}
        </div>
      )}
    </>
  );
}

const AWAY_PX = 14;

/** On the side where there is more room. */
function beside({ x, y }: Spot): React.CSSProperties {
  const [right, low] = [x > innerWidth / 2, y > innerHeight / 2];
  const from = (at: number, before: boolean) =>
    before ? `calc(${at - AWAY_PX}px - 100%)` : `${at + AWAY_PX}px`;
  return { transform: `translate(${from(x, right)}, ${from(y, low)})` };
}
