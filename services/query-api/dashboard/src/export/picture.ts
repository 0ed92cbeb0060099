/**
 * A part of the page as one SVG that stands by itself: charts with the colours that they have now, and around them texts,
 * fills and lines where they are. Only presentation attributes are written, which no policy of a page forbids.
 */

const SVG = "http://www.w3.org/2000/svg";
/** Controls do nothing in a picture. */
const LEFT_OUT = "input, select, .button, [data-no-picture]";
const PAINT = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "opacity",
  "paint-order",
  "font-family",
  "font-size",
  "font-weight",
  "letter-spacing",
  "text-anchor",
  "dominant-baseline",
  "visibility",
  "display",
];

/** What holds whatever was drawn; what begins below `limit` is left out. */
export interface Extent {
  limit: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
  isCut: boolean;
}

/** Words that only a screen reader says are in a box of one pixel. */
const isForListeners = ({ width, height }: DOMRect) => width > 0 && width <= 1 && height <= 1;

export function make(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

const isSeen = (colour: string) => !/^transparent$|, 0\)$|\/ 0\)$/.test(colour);

/** Draws what an element shows, in the page's own pixels; `extent` grows with it. */
export function draw(element: Element, into: SVGElement, extent: Extent, isRoot = true): void {
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  // Also what is folded away is not seen.
  const seen = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  if (!seen || element.matches(LEFT_OUT) || isForListeners(box)) return;
  if (box.top > extent.limit) {
    extent.isCut = true;
    return;
  }
  if (element instanceof SVGSVGElement) {
    grow(extent, box);
    into.append(chartOf(element, box));
    return;
  }
  if (element instanceof HTMLCanvasElement) {
    grow(extent, box);
    into.append(make("image", { ...placeOf(box), href: element.toDataURL() }));
    return;
  }
  if (!isRoot) drawBox(style, box, into, extent);
  const inner = clips(style) && !isRoot ? clipped(into, box) : into;
  for (const child of element.childNodes) {
    if (child instanceof Element) draw(child, inner, extent, false);
    else if (child instanceof Text) drawText(child, style, inner, extent);
  }
}

function grow(extent: Extent, box: DOMRect): void {
  extent.left = Math.min(extent.left, box.left);
  extent.top = Math.min(extent.top, box.top);
  extent.right = Math.max(extent.right, box.right);
  extent.bottom = Math.max(extent.bottom, box.bottom);
}

const placeOf = ({ left, top, width, height }: DOMRect) => ({ x: left, y: top, width, height });

const clips = ({ overflowX }: CSSStyleDeclaration) => overflowX === "hidden" || overflowX === "clip";

/** A frame that cuts off what sticks out, as the page does. */
function clipped(into: SVGElement, box: DOMRect): SVGElement {
  const { left, top, width, height } = box;
  const frame = make("svg", {
    ...placeOf(box),
    viewBox: `${left} ${top} ${width} ${height}`,
    overflow: "hidden",
  });
  into.append(frame);
  return frame;
}

/** A chart's own elements, each with the colours and letters that it has now. */
function chartOf(chart: SVGSVGElement, box: DOMRect): SVGElement {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const copies = [copy, ...copy.querySelectorAll("*")];
  [chart, ...chart.querySelectorAll("*")].forEach((original, place) => {
    const style = getComputedStyle(original);
    const target = copies[place];
    for (const name of PAINT) target?.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "style", "href", "role", "tabindex"]) target?.removeAttribute(name);
  });
  for (const [name, value] of Object.entries(placeOf(box))) copy.setAttribute(name, String(value));
  copy.setAttribute("overflow", "visible");
  return copy;
}

function drawBox(style: CSSStyleDeclaration, box: DOMRect, into: SVGElement, extent: Extent): void {
  // Of a pattern, its first colour.
  const pattern = /(?:rgb|oklab|color)a?\([^)]*\)/.exec(style.backgroundImage)?.[0];
  const fill = pattern ?? style.backgroundColor;
  const [top, bottom, left] = [style.borderTopWidth, style.borderBottomWidth, style.borderLeftWidth].map(
    parseFloat,
  );
  const lined = Boolean(top && bottom && left && isSeen(style.borderTopColor));
  if (box.width > 0 && (isSeen(fill) || lined)) {
    into.append(
      make("rect", {
        ...placeOf(box),
        rx: Math.min(lengthOf(style.borderTopLeftRadius, box.width), box.height / 2),
        fill: isSeen(fill) ? fill : "none",
        stroke: lined ? style.borderTopColor : "none",
        "stroke-dasharray": style.borderTopStyle === "dashed" ? "3 2" : "none",
        opacity: style.opacity,
      }),
    );
    grow(extent, box);
  } else if (top && box.width > 0 && isSeen(style.borderTopColor)) {
    const { left: x1, right: x2, top: y1 } = box;
    into.append(make("line", { x1, x2, y1, y2: y1, stroke: style.borderTopColor, "stroke-width": top }));
  }
}

const lengthOf = (text: string, whole: number) =>
  text.endsWith("%") ? (whole * parseFloat(text)) / 100 : parseFloat(text) || 0;

/** Words where they stand: a text that runs over several lines is drawn line by line. */
function drawText(node: Text, style: CSSStyleDeclaration, into: SVGElement, extent: Extent): void {
  for (const { text, box } of linesOf(node)) {
    grow(extent, box);
    const word = make("text", {
      x: box.left,
      // Letters stand about this far up in the box that their font has.
      y: box.top + box.height * 0.77,
      fill: style.color,
      "font-family": style.fontFamily,
      "font-size": style.fontSize,
      "font-weight": style.fontWeight,
      // Figures of one width, which only a style could ask for.
      textLength: box.width,
    });
    word.textContent = style.textTransform === "uppercase" ? text.toUpperCase() : text;
    into.append(word);
  }
}

function linesOf(node: Text): { text: string; box: DOMRect }[] {
  const lines: { text: string; box: DOMRect }[] = [];
  const range = document.createRange();
  for (const { index, 0: word } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    const line = lines.at(-1);
    if (line && Math.abs(line.box.top - box.top) < 2) {
      line.text += ` ${word}`;
      line.box = new DOMRect(line.box.left, line.box.top, box.right - line.box.left, line.box.height);
    } else lines.push({ text: word, box });
  }
  return lines;
}
