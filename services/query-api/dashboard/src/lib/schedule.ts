/** The schedule and its last sync in words: a cron expression, where it is one of the usual ones. */
import type { Schemas } from "../api/client.ts";
import { plural } from "./format.ts";
import { occasion } from "./names.ts";

type LastSync = Pick<Schemas["CronStatusAnswer"], "lastStatus" | "lastNewModelsFound" | "lastTrigger">;

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

function clock(hour: number, minute: number): string {
  const half = hour < 12 ? "AM" : "PM";
  const twelve = hour % 12 === 0 ? 12 : hour % 12;
  return `${twelve}${minute ? `:${String(minute).padStart(2, "0")}` : ""} ${half} UTC`;
}

/** "0 2 * * *" is "nightly at 2 AM UTC"; what has no short name is quoted. */
export function inWords(expression: string): string {
  const [minute = "", hour = "", date, month, weekday = ""] = expression.trim().split(/\s+/);
  const quoted = `on the schedule “${expression}” (UTC)`;
  if (date !== "*" || month !== "*") return quoted;
  const every = /^\*\/(\d+)$/;
  if (weekday === "*" && hour === "*") {
    if (minute === "*") return "every minute";
    const step = every.exec(minute)?.[1];
    if (step) return `every ${step} minutes`;
    return /^\d+$/.test(minute) ? `hourly, ${minute} minutes past` : quoted;
  }
  const step = every.exec(hour)?.[1];
  if (weekday === "*" && step && /^\d+$/.test(minute)) return `every ${step} hours`;
  if (!/^\d+$/.test(minute) || !/^\d+$/.test(hour)) return quoted;
  const at = clock(Number(hour), Number(minute));
  if (weekday === "*") return `${Number(hour) < 6 ? "nightly" : "daily"} at ${at}`;
  return /^[0-7]$/.test(weekday) ? `every ${DAYS[Number(weekday)]} at ${at}` : quoted;
}

/** What the last sync found, and why it ran; what failed found nothing out. */
export function lastSync({ lastStatus, lastNewModelsFound, lastTrigger }: LastSync): string {
  const found = lastStatus === "failed" ? [] : [`found ${plural(lastNewModelsFound ?? 0, "new model")}`];
  return [...found, ...(lastTrigger ? [occasion(lastTrigger)] : [])].join(", ");
}
