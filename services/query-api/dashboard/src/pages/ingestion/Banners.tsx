/** What is wrong behind the scenes, and what to do about it. */
import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client.ts";
import { statusQuery } from "../../api/queries.ts";
import { moment } from "../../lib/format.ts";

export interface Trouble {
  title: string;
  advice: string;
}

export function troubles(status: Schemas["Status"]): Trouble[] {
  const { watcher, ingesters, hub } = status;
  const found: Trouble[] = [];
  if (!status.busConnected) {
    found.push({
      title: "NATS does not answer.",
      advice: "Nothing can be asked for until it is back; what is shown stays readable.",
    });
  }
  if (watcher.silent) {
    const since = watcher.overdueSince ? ` The sync of ${moment(watcher.overdueSince)} did not happen.` : "";
    found.push({
      title: "The watcher has been silent too long.",
      advice: `${since} See whether it runs: arcwatch doctor.`.trim(),
    });
  } else if (watcher.alive === false) {
    found.push({
      title: "No watcher is at work.",
      advice: "“Sync now” would wait for one. See whether it runs: arcwatch doctor.",
    });
  }
  if (ingesters.alive === false) {
    const waiting = ingesters.waiting ? ` ${ingesters.waiting} models wait for one.` : "";
    found.push({
      title: "No ingester is alive.",
      advice: `${waiting} Start one, or see why it stopped: arcwatch doctor.`.trim(),
    });
  }
  if (!hub.reachable) {
    found.push({
      title: "The Hub is unreachable.",
      advice: `${because(hub.reason)} New models are found when it is back.`.trim(),
    });
  }
  return found;
}

/** The Hub's own words, as a sentence, without saying again that it is unreachable. */
function because(reason: string | null): string {
  const words = (reason ?? "").replace(/^the Hub is unreachable: /i, "").replace(/\.$/, "");
  return words && `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
}

export function Banners() {
  const status = useQuery(statusQuery());
  const found = status.data ? troubles(status.data) : [];
  return (
    <div role="status" className="space-y-2 empty:hidden">
      {found.map(({ title, advice }) => (
        <p key={title} className="bg-bad-soft text-bad rounded-xl px-4 py-3 text-sm break-words">
          <strong className="font-semibold">{title}</strong> {advice}
        </p>
      ))}
    </div>
  );
}
