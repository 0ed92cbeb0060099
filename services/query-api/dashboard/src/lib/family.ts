/** Which family a model belongs to, told from its folder's name. */
import { capital } from "./format.ts";

const KNOWN: [RegExp, string][] = [
  [/^claude/, "Claude"],
  [/^(gpt|chatgpt|codex)/, "GPT"],
  [/^o\d/, "OpenAI o"],
  [/^(gemini|gemma)/, "Gemini"],
  [/^grok/, "Grok"],
  [/^deepseek/, "DeepSeek"],
  [/^(qwen|qwq)/, "Qwen"],
  [/^(llama|meta)/, "Llama"],
  [/^(mistral|magistral|codestral)/, "Mistral"],
  [/^(kimi|glm|minimax|hrm|trm)/, ""],
];

/** A family's name: a known one, else the name's first two words. */
export function family(model: string): string {
  const name = model.toLowerCase();
  for (const [pattern, label] of KNOWN) {
    const found = pattern.exec(name);
    if (found) return label || found[0].toUpperCase();
  }
  const words = name.split(/[-_ .]+/).filter((word) => /^[a-z]+$/.test(word));
  return words.slice(0, 2).map(capital).join(" ") || model;
}
