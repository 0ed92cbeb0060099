/** The cell of the heat map that a mouse, a finger or the keyboard is at, and what each of them does there. */
import { type KeyboardEvent, type PointerEvent, type RefObject, useState } from "react";
import { useLocation } from "wouter";

import { taskHref } from "../../lib/tasks.ts";
import { type Family, placeAt, type Place, ROW_PX, step, type TaskSet, topOf } from "./heatmap.ts";
import { CURVE_PX } from "./Plane.tsx";

/** A cell, where it is in the window, and what points at it. */
export interface Spot extends Place {
  x: number;
  y: number;
  by: string;
}

interface Map {
  set: TaskSet;
  found: readonly Family[];
  cell: number;
  /** How wide the names beside it are. */
  labels: number;
  region: RefObject<HTMLDivElement | null>;
  plane: RefObject<HTMLDivElement | null>;
}

export function useCursor({ set, found, cell, labels, region, plane }: Map) {
  const [spot, setSpot] = useSpot(set);
  const [, navigate] = useLocation();

  function under({ clientX: x, clientY: y, pointerType: by }: PointerEvent): Spot | null {
    const box = plane.current?.getBoundingClientRect();
    const place = box && placeAt(found, set.tasks.length, cell, x - box.left, y - box.top);
    return place ? { ...place, x, y, by } : null;
  }

  function open({ column }: Place): void {
    const task = set.tasks[column];
    if (task) navigate(taskHref(task.puzzleId, set.source));
  }

  /** A finger looks first, and opens by a second tap on the same cell. */
  function pick(event: PointerEvent): void {
    const at = under(event);
    if (!at || event.button !== 0) return;
    const known = spot?.row === at.row && spot.column === at.column;
    if (event.pointerType !== "touch" || known) open(at);
    else setSpot(at);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Enter" && spot) open(spot);
    if (event.key === "Escape") setSpot(null);
    const first = { row: 0, column: 0 };
    const stepped = step(event.key, spot ?? first, found, set.tasks.length);
    // The first key shows where the cursor is.
    const next = stepped && !spot ? first : stepped;
    if (!next || !region.current || !plane.current) return;
    event.preventDefault();
    const [left, top] = [next.column * cell, topOf(found, next.row)];
    reveal(region.current, { left, right: left + cell + labels, top, bottom: top + ROW_PX + CURVE_PX });
    const box = plane.current.getBoundingClientRect();
    setSpot({ ...next, x: box.left + left + cell, y: box.top + top + ROW_PX, by: "key" });
  }

  return {
    spot,
    onKeyDown,
    pick,
    point: (event: PointerEvent) => event.pointerType === "mouse" && setSpot(under(event)),
    /** Forgets the cell, if it is one of these means. */
    leave: (by: string) => setSpot((at) => (at?.by === by ? null : at)),
  };
}

/** The cell, for as long as the map stays as it is. */
function useSpot(set: TaskSet) {
  const [spot, setSpot] = useState<Spot | null>(null);
  const [seen, setSeen] = useState(set);
  if (seen !== set) {
    setSeen(set);
    setSpot(null);
  }
  return [spot, setSpot] as const;
}

/** Scrolls as far as needed for a box to be seen, beside the names and below the curve. */
function reveal(
  region: HTMLElement,
  box: { left: number; right: number; top: number; bottom: number },
): void {
  region.scrollTo({
    left: Math.min(box.left, Math.max(region.scrollLeft, box.right - region.clientWidth)),
    top: Math.min(box.top, Math.max(region.scrollTop, box.bottom - region.clientHeight)),
  });
}
