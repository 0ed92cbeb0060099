/** Every result of a task set: a row for each model, a column for each task, drawn as one pixel each and scaled. */
import { useMemo, useRef } from "react";

import { useWidth } from "../../hooks/useWidth.ts";
import { Cursor, Said } from "./Cursor.tsx";
import { cellWidth, families, heightOf, modelAt, type TaskSet } from "./heatmap.ts";
import { Labels } from "./Labels.tsx";
import { CURVE_PX, Plane } from "./Plane.tsx";
import { useCursor } from "./useCursor.ts";

export function HeatMap({ set, label }: { set: TaskSet; label: string }) {
  const [frame, width] = useWidth(900);
  const region = useRef<HTMLDivElement>(null);
  const plane = useRef<HTMLDivElement>(null);
  const found = useMemo(() => families(set.models), [set.models]);
  const labels = width < 640 ? 112 : 208;
  const cell = cellWidth(width - labels - 16, set.tasks.length);
  const { spot, onKeyDown, leave, point, pick } = useCursor({ set, found, cell, labels, region, plane });

  return (
    <div ref={frame}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- an application is what it holds */}
      <div
        ref={region}
        role="application"
        aria-roledescription="heat map"
        aria-label={`${label}. Arrow keys move, Page Up and Page Down go by family, Enter opens the task.`}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- one stop, in which the arrow keys move
        tabIndex={0}
        data-testid="heatmap"
        className="border-line relative max-h-[min(78dvh,60rem)] overflow-auto overscroll-x-contain rounded-lg border"
        onKeyDown={onKeyDown}
        onBlur={() => leave("key")}
        onScroll={() => leave("mouse")}
        onPointerMove={point}
        onPointerLeave={() => leave("mouse")}
      >
        <div className="relative flex w-max">
          <Labels found={found} width={labels} />
          <div
            ref={plane}
            className="relative cursor-crosshair"
            style={{ marginTop: CURVE_PX }}
            onPointerUp={pick}
          >
            <Plane set={set} found={found} cell={cell} />
          </div>
          {spot && <Cursor spot={spot} found={found} cell={cell} left={labels} height={heightOf(found)} />}
        </div>
      </div>
      <Said spot={spot} set={set} model={spot ? modelAt(found, spot.row) : undefined} />
    </div>
  );
}
