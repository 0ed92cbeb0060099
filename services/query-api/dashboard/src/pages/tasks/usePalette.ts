/** The colours of results as the theme has them now, for what is drawn and not styled. */
import { useEffect, useState } from "react";

import { type Colour, LETTERS, letters } from "./heatmap.ts";

export type Palette = Readonly<Record<string, Colour>>;

/** Has the browser say what a class's colour comes to. */
function colourOf(className: string): Colour {
  const probe = document.createElement("i");
  probe.className = className;
  document.body.append(probe);
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  if (!context) return [0, 0, 0, 0];
  context.fillStyle = getComputedStyle(probe).backgroundColor;
  probe.remove();
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, opacity = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, opacity];
}

function present(): Palette {
  return Object.fromEntries(letters.map((letter) => [letter, colourOf(LETTERS[letter].swatch)]));
}

/** The palette, read again when the reader or the system changes the theme. */
export function usePalette(): Palette {
  const [palette, setPalette] = useState(present);
  useEffect(() => {
    const read = () => setPalette(present());
    const leaving = new AbortController();
    const observer = new MutationObserver(read);
    observer.observe(document.documentElement, { attributeFilter: ["style"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", read, { signal: leaving.signal });
    return () => {
      observer.disconnect();
      leaving.abort();
    };
  }, []);
  return palette;
}
