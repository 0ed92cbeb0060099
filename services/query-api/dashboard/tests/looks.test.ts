/** A colour is a provider's and a shape a kind's, whatever else is shown. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { ModelRow } from "../src/api/client.ts";
import { lookOf, providersOf } from "../src/lib/look.ts";

const row = (provider: string | null, kind: ModelRow["kind"] = "model") => ({ provider, kind }) as ModelRow;

test("a submission looks the same in any list, and like no other provider's or kind's", () => {
  const [openai, google] = [row("OpenAI"), row("Google", "system")];
  assert.deepEqual(providersOf([google]), [lookOf(google)]);
  assert.deepEqual(
    providersOf([google, row("A lab of one"), row(null), openai]).map(({ provider }) => provider),
    ["OpenAI", "Google", "Other"],
  );
  assert.notEqual(lookOf(openai).fill, lookOf(google).fill);
  assert.equal(lookOf(row("A lab of one")).fill, lookOf(row(null)).fill);
  const kinds = ["model", "system", "human_panel", "baseline", null] as const;
  assert.equal(new Set(kinds.map((kind) => lookOf(row("OpenAI", kind)).shape)).size, kinds.length);
});

/** WCAG's relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test("each provider's colour is 3:1 at least against the panel, in both themes", () => {
  const css = readFileSync(new URL("../src/styles.css", import.meta.url), "utf8");
  const colours = (name: string) => [
    ...css.matchAll(new RegExp(`--color-${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`, "g")),
  ];
  const makers = colours("maker-\\d+");
  const [panel] = colours("panel");
  assert.equal(makers.length, 12);
  for (const [text, ...themes] of makers) {
    for (const [place, colour] of themes.entries()) {
      const [one = 0, other = 0] = [luminance(colour), luminance(panel?.[place + 1] ?? "")].sort(
        (a, b) => b - a,
      );
      assert.ok((one + 0.05) / (other + 0.05) >= 3, text);
    }
  }
});
