/** The drawn part of the heat map: the curve of difficulty, and a canvas for each family. */
import { memo, useLayoutEffect, useRef } from "react";

import { curve, type Family, HEAD_PX, pixels, ROW_PX, type TaskSet } from "./heatmap.ts";
import { type Palette, usePalette } from "./usePalette.ts";

export const CURVE_PX = 44;

interface PlaneProps {
  set: TaskSet;
  found: readonly Family[];
  cell: number;
}

export const Plane = memo(function Plane({ set, found, cell }: PlaneProps) {
  const width = set.tasks.length * cell;
  const palette = usePalette();
  return (
    <>
      <div className="bg-panel sticky top-0 z-10" style={{ width, height: CURVE_PX, marginTop: -CURVE_PX }}>
        <svg width={width} height={CURVE_PX} aria-hidden="true" className="block">
          <path
            d={curve(set.tasks, cell, CURVE_PX - 6)}
            className="fill-heat-solved/25"
            transform="translate(0 6)"
          />
          <path d={`M0 ${CURVE_PX - 0.5}H${width}`} className="stroke-line" />
        </svg>
      </div>
      {found.map((family) => (
        <Drawn key={family.name} family={family} tasks={set.tasks.length} cell={cell} palette={palette} />
      ))}
    </>
  );
});

interface DrawnProps {
  family: Family;
  tasks: number;
  cell: number;
  palette: Palette;
}

function Drawn({ family, tasks, cell, palette }: DrawnProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { models } = family;
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !tasks) return;
    context.putImageData(new ImageData(pixels(models, tasks, palette), tasks, models.length), 0, 0);
  }, [models, tasks, palette]);
  const size = { width: tasks * cell, height: models.length * ROW_PX };
  return (
    <div className="relative" style={{ paddingTop: HEAD_PX, width: size.width }}>
      <canvas
        ref={canvas}
        width={tasks}
        height={models.length}
        aria-hidden="true"
        className="block [image-rendering:pixelated]"
        style={size}
      />
      {/* Lines between the rows, and between the columns where there is room for them. */}
      <div
        className={`pointer-events-none absolute inset-x-0 bottom-0 ${cell > 5 ? "heat-lines-both" : "heat-lines"}`}
        style={
          {
            height: size.height,
            "--heat-row": `${ROW_PX}px`,
            "--heat-cell": `${cell}px`,
          } as React.CSSProperties
        }
      />
    </div>
  );
}
