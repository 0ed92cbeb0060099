/** One mark of a chart. */
import { symbol, symbolCircle, symbolDiamond, symbolSquare, symbolTriangle } from "d3-shape";

import type { Mark } from "../lib/palette.ts";

const SYMBOLS = {
  circle: symbolCircle,
  diamond: symbolDiamond,
  square: symbolSquare,
  triangle: symbolTriangle,
};

export function Shape({ mark, x, y, size = 95 }: { mark: Mark; x: number; y: number; size?: number }) {
  const path = symbol(SYMBOLS[mark.shape], size)() ?? "";
  return (
    <path d={path} transform={`translate(${x} ${y})`} className={`${mark.fill} stroke-panel stroke-[1.5]`} />
  );
}
