/** Takes a table or chart along: its rows as CSV, and the part of the page around this as PNG. */
import { type MouseEvent, useState } from "react";

import { csvOf, fileName } from "../export/csv.ts";

interface ExportProps {
  /** What it is of: names the files, and the buttons for who hears them. */
  name: string;
  /** The rows of the API behind it; made when they are asked for. */
  rows: () => readonly object[];
  /** Whether there is something to draw. */
  picture?: boolean;
}

const BUTTON = "button h-7 px-2 text-xs";

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function Export({ name, rows, picture = true }: ExportProps) {
  const [failed, fail] = useState("");

  function saveRows(): void {
    save(new Blob([csvOf(rows())], { type: "text/csv;charset=utf-8" }), fileName(name, "csv", new Date()));
  }
  async function savePicture({ currentTarget }: MouseEvent): Promise<void> {
    const part = currentTarget.closest("[data-picture], section, dialog");
    if (!part) return;
    try {
      const { captionOf, pngOf } = await import("../export/png.ts");
      const now = new Date();
      save(await pngOf(part, captionOf(location.href, now)), fileName(name, "png", now));
      fail("");
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <div
      role="group"
      aria-label={`Export ${name}`}
      data-no-picture
      className="flex shrink-0 items-center gap-1.5"
    >
      {failed && (
        <span role="alert" className="text-bad text-xs">
          {failed}
        </span>
      )}
      <button type="button" className={BUTTON} title={`${name} as CSV`} onClick={saveRows}>
        CSV<span className="sr-only"> of {name}</span>
      </button>
      {picture && (
        <button
          type="button"
          className={BUTTON}
          title={`${name} as PNG`}
          onClick={(event) => void savePicture(event)}
        >
          PNG<span className="sr-only"> of {name}</span>
        </button>
      )}
    </div>
  );
}
