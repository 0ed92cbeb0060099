/** Places names beside points so that none covers another, or a point. */

export interface Point {
  key: string;
  x: number;
  y: number;
  width: number;
  /** How far the label keeps from the point, where that is not the usual. */
  gap?: number;
}

export interface Label {
  key: string;
  x: number;
  y: number;
  anchor: "start" | "end" | "middle";
}

interface Frame {
  /** Where an axis ends that has words of its own. */
  left?: number;
  width: number;
  height: number;
}

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const GAP = 9;
const HEIGHT = 14;
const AIR = 3;

function overlaps(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

function options(point: Point): (Label & { box: Box })[] {
  const { key, x, y, width, gap = GAP } = point;
  const side = (dy: number, anchor: Label["anchor"], dx: number) => {
    const left = anchor === "start" ? x + dx : anchor === "end" ? x + dx - width : x - width / 2;
    const box = { left, right: left + width, top: y + dy - HEIGHT / 2, bottom: y + dy + HEIGHT / 2 };
    return { key, x: x + dx, y: y + dy, anchor, box };
  };
  return [
    side(0, "start", gap),
    side(0, "end", -gap),
    side(-gap - 5, "middle", 0),
    side(gap + 5, "middle", 0),
    side(-gap - 2, "start", gap - 2),
    side(gap + 2, "start", gap - 2),
    side(-gap - 2, "end", 2 - gap),
    side(gap + 2, "end", 2 - gap),
  ];
}

/** Returns a label for each point that has room within the frame; the first points go first, after what is there. */
export function placeLabels(points: readonly Point[], frame: Frame, there: readonly Box[] = []): Label[] {
  const around = points.map(({ x, y, gap = GAP }) => {
    const radius = gap - AIR;
    return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
  });
  const taken: Box[] = [...there, ...around];
  const placed: Label[] = [];
  for (const point of points) {
    const free = options(point).find(
      ({ box }) =>
        box.left >= (frame.left ?? 0) &&
        box.right <= frame.width &&
        box.top >= 0 &&
        box.bottom <= frame.height &&
        !taken.some((other) => overlaps(box, other)),
    );
    if (free) {
      const { box, ...label } = free;
      taken.push(box);
      placed.push(label);
    }
  }
  return placed;
}
