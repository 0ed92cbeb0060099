/** How figures and moments read to people. Pure: the present is passed in. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A fraction of 1 as a percentage; small shares keep a digit that tells them from zero. */
export function percent(fraction: number | null | undefined): string {
  if (fraction == null) return "–";
  const value = fraction * 100;
  if (value === 0 || value === 100) return `${value}%`;
  return `${value.toFixed(value < 10 ? 2 : 1)}%`;
}

/** From the lowest to the highest score that fits what was seen: 45.3–62.9%. */
export function bounds(interval: { low: number; high: number } | null | undefined): string {
  return interval ? `${percent(interval.low).slice(0, -1)}–${percent(interval.high)}` : "–";
}

/** A fraction on an axis, without digits that say nothing. */
export function tick(fraction: number): string {
  return `${Number((fraction * 100).toFixed(4))}%`;
}

/** US dollars; fractions of a cent keep two significant digits. */
export function money(usd: number | null | undefined): string {
  if (usd == null) return "–";
  if (usd === 0) return "$0";
  if (usd < 0.01) return `$${usd.toLocaleString("en", { maximumSignificantDigits: 2 })}`;
  if (usd < 1) return `$${usd.toFixed(3)}`;
  return `$${usd.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** A price on an axis. */
export function priceTick(usd: number): string {
  return `$${usd.toLocaleString("en", { maximumSignificantDigits: 1 })}`;
}

/** A whole number with separators. */
export function count(value: number | null | undefined): string {
  return value == null ? "–" : Math.round(value).toLocaleString("en");
}

/** A large number, shortened: 12.4M. */
export function compact(value: number | null | undefined): string {
  if (value == null) return "–";
  if (value < 1_000) return count(value);
  return value.toLocaleString("en", { notation: "compact", maximumFractionDigits: 1 });
}

/** Milliseconds as people say them. */
export function duration(ms: number | null | undefined): string {
  if (ms == null) return "–";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE - 50) return `${(ms / 1_000).toFixed(1)} s`;
  // Rounded before it is taken apart: 119.7 s are 2 min 0 s, not 1 min 60 s.
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(ms / MINUTE);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function span(ms: number): string {
  if (ms < HOUR - MINUTE / 2) return `${Math.max(1, Math.round(ms / MINUTE))} min`;
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} days`;
}

/** How long ago a moment was; a clock that is ahead reads as now. */
export function ago(iso: string, now: number): string {
  const ms = now - Date.parse(iso);
  return ms < MINUTE ? "just now" : `${span(ms)} ago`;
}

/** How far ahead a moment is. */
export function ahead(iso: string, now: number): string {
  const ms = Date.parse(iso) - now;
  return ms <= 0 ? "due now" : `in ${span(ms)}`;
}

/** A moment in UTC, to the minute: the schedule is in UTC, and readers sit anywhere. */
export function moment(iso: string): string {
  const text = new Date(iso).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`;
}

/** A day in UTC. */
export function day(iso: string): string {
  return new Date(iso).toLocaleDateString("en", { day: "numeric", month: "short", timeZone: "UTC" });
}

/** Moments in UTC to the minute; with seconds where two of them share a minute. */
export function moments(isos: readonly string[]): string[] {
  const short = isos.map(moment);
  return isos.map((iso, place) => {
    const text = short[place] ?? "";
    const shared = short.indexOf(text) !== short.lastIndexOf(text);
    return shared ? `${iso.slice(0, 10)} ${new Date(iso).toISOString().slice(11, 19)} UTC` : text;
  });
}

/** The part that a count is of a whole. */
export function share(part: number | null, whole: number): number | null {
  return part == null || whole === 0 ? null : part / whole;
}

/** A number with its noun. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** A text that begins a sentence. */
export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
