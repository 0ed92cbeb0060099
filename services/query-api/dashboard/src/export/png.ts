/** A part of the page as a PNG, in the theme that it has now, with a line below that says from where and when it is. */
import { draw, type Extent, make } from "./picture.ts";

const MARGIN = 20;
const CAPTION = 30;
/** A table of thousands of rows is no picture: its CSV holds them all. */
const MOST_HEIGHT = 6_000;
const CUT = "the first part: the CSV holds all";
// Browsers make no canvas above these.
const MOST_PIXELS = 64_000_000;
const LONGEST = 16_000;

/** Where a picture is from, and of when. */
export function captionOf(address: string, at: Date): string {
  const { host, pathname } = new URL(address);
  const said = at.toISOString();
  return `arcwatch · ${host}${pathname} · ${said.slice(0, 10)} ${said.slice(11, 16)} UTC`;
}

/** The font, inside the picture: an SVG that is drawn as an image loads nothing. */
async function fontRule(): Promise<SVGElement> {
  const rule = make("style", {});
  const link = document.querySelector<HTMLLinkElement>('link[rel="preload"][as="font"]');
  if (!link) return rule;
  const bytes = new Uint8Array(await (await fetch(link.href)).arrayBuffer());
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  rule.textContent = `@font-face{font-family:"Geist Variable";font-weight:100 900;src:url(data:font/woff2;base64,${text})}`;
  return rule;
}

/** Works while all is in the page: long tables show all of their rows to a printer, and nothing is scrolled away. */
function unfolded<T>(element: Element, work: () => T): T {
  dispatchEvent(new Event("beforeprint"));
  const scrolled = [element, ...element.querySelectorAll("*")]
    .filter(({ scrollTop }) => scrollTop > 0)
    .map((each) => ({ each, top: each.scrollTop }));
  for (const { each } of scrolled) each.scrollTop = 0;
  try {
    return work();
  } finally {
    for (const { each, top } of scrolled) each.scrollTop = top;
    dispatchEvent(new Event("afterprint"));
  }
}

interface Drawn {
  svg: SVGElement;
  width: number;
  height: number;
}

/** The picture of an element with its caption, before it is pixels. */
function drawn(element: Element, caption: string): Drawn {
  const limit = element.getBoundingClientRect().top + MOST_HEIGHT;
  const extent: Extent = {
    limit,
    left: Infinity,
    top: Infinity,
    right: -Infinity,
    bottom: -Infinity,
    isCut: false,
  };
  const content = make("g", {});
  draw(element, content, extent);
  const style = getComputedStyle(element);
  const width = Math.ceil(Math.max(extent.right - extent.left, 360) + 2 * MARGIN);
  const height = Math.ceil(extent.bottom - extent.top + 2 * MARGIN + CAPTION);
  const svg = make("svg", { width, height, xmlns: "http://www.w3.org/2000/svg" });
  content.setAttribute("transform", `translate(${MARGIN - extent.left} ${MARGIN - extent.top})`);
  const line = make("text", {
    x: MARGIN,
    y: height - MARGIN,
    "font-size": 12,
    "font-family": style.fontFamily,
  });
  line.setAttribute("fill", resolved("var(--color-muted)", element));
  line.textContent = extent.isCut ? `${caption} · ${CUT}` : caption;
  svg.append(make("rect", { width, height, fill: resolved("var(--color-panel)", element) }), content, line);
  return { svg, width, height };
}

/** A colour of the theme in numbers. */
function resolved(colour: string, beside: Element): string {
  const probe = document.createElement("span");
  probe.style.color = colour;
  beside.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

export async function pngOf(element: Element, caption: string): Promise<Blob> {
  const { svg, width, height } = unfolded(element, () => drawn(element, caption));
  svg.prepend(await fontRule());
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
  await image.decode();
  const scale = Math.min(2, LONGEST / Math.max(width, height), Math.sqrt(MOST_PIXELS / (width * height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large."))),
      "image/png",
    ),
  );
}
