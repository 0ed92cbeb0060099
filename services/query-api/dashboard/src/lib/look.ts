/** Which colour and shape stands for a submission: by its provider and its kind alone, so the same on every page. */
import type { ModelRow } from "../api/client.ts";

/** Providers with a colour of their own (styles.css has it); all others share one. A place here is for good. */
const PROVIDERS = [
  "OpenAI",
  "Anthropic",
  "Google",
  "xAI",
  "DeepSeek",
  "Alibaba",
  "Meta",
  "Mistral",
  "Moonshot AI",
  "Z.ai",
  "MiniMax",
];

export const OTHERS = "Other";

const SHAPES = {
  model: "circle",
  system: "diamond",
  human_panel: "star",
  baseline: "triangle",
} as const satisfies Record<NonNullable<ModelRow["kind"]>, string>;

export type Shape = (typeof SHAPES)[keyof typeof SHAPES] | "square";

export interface Look {
  /** What a legend calls the colour. */
  provider: string;
  fill: string;
  stroke: string;
  background: string;
  shape: Shape;
}

export function lookOf({ provider, kind }: Pick<ModelRow, "provider" | "kind">): Look {
  const place = PROVIDERS.indexOf(provider ?? "") + 1;
  return {
    provider: PROVIDERS[place - 1] ?? OTHERS,
    fill: `fill-maker-${place}`,
    stroke: `stroke-maker-${place}`,
    background: `bg-maker-${place}`,
    shape: kind ? SHAPES[kind] : "square",
  };
}

/** The providers that a legend has to name, in an order that no filter changes; those without a colour last. */
export function providersOf(rows: readonly ModelRow[]): Look[] {
  const looks = new Map(rows.map((row) => [lookOf(row).provider, lookOf(row)]));
  return [...PROVIDERS, OTHERS].flatMap((name) => looks.get(name) ?? []);
}
