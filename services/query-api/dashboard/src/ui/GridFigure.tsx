/** A grid with what is to be said of it: one that a task holds, and one that an attempt answered. */
import type { Schemas } from "../api/client.ts";
import { type Cells, difference, sizeOf, verdict } from "../lib/grids.ts";
import { Badge } from "./Badge.tsx";
import { Grid } from "./Grid.tsx";

export function Shown({ name, cells }: { name: string; cells: Cells }) {
  return (
    <figure>
      <Grid cells={cells} label={`${name}, ${sizeOf(cells)}`} />
      <figcaption className="mt-2 text-sm font-medium">
        {name} <span className="text-muted font-normal">{sizeOf(cells)}</span>
      </figcaption>
    </figure>
  );
}

interface AnsweredProps {
  name: string;
  answer: Schemas["PairAnswer"] | undefined;
  expected: Cells;
}

export function Answered({ name, answer, expected }: AnsweredProps) {
  if (!answer?.grid) return <NoGrid name={name} raw={answer?.raw ?? null} />;
  const { grid, correct } = answer;
  const said = correct ? "correct" : verdict(grid, expected);
  const { sameSize } = difference(grid, expected);
  return (
    <figure>
      <Grid cells={grid} expected={expected} label={`${name}, ${sizeOf(grid)}, ${said}`} />
      <figcaption className="mt-2 flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
        {name} <span className="text-muted font-normal">{sizeOf(grid)}</span>
        <Badge tone={correct ? "good" : "bad"}>{sameSize ? said : "wrong size"}</Badge>
        {!sameSize && (
          <span className="text-muted w-full text-xs font-normal">
            {said.replace("wrong size, ", "")}; the dashed frame is the expected size
          </span>
        )}
      </figcaption>
    </figure>
  );
}

function NoGrid({ name, raw }: { name: string; raw: string | null }) {
  return (
    <figure>
      <div className="border-strong grid aspect-square place-items-center overflow-auto rounded-lg border border-dashed p-3">
        <pre className="text-muted max-h-full max-w-full text-xs break-all whitespace-pre-wrap">
          {raw ?? "no answer"}
        </pre>
      </div>
      <figcaption className="mt-2 text-sm font-medium">
        {name} <Badge tone="bad">{raw ? "no grid" : "no answer"}</Badge>
      </figcaption>
    </figure>
  );
}
