/** What is wrong behind the scenes, and what to do about it. */
import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client.ts";
import { statusQuery } from "../../api/queries.ts";
import { capital, moment } from "../../lib/format.ts";

type Trouble = [is: boolean, title: string, advice: string];

function troubles({ busConnected, watcher, ingesters, hub }: Schemas["Status"]): Trouble[] {
  const overdue = watcher.overdueSince ? `The sync of ${moment(watcher.overdueSince)} did not happen. ` : "";
  const waiting = ingesters.waiting ? `${ingesters.waiting} models wait for one. ` : "";
  const all: Trouble[] = [
    [
      !busConnected,
      "NATS does not answer.",
      "Nothing can be asked for until it is back; what is shown stays readable.",
    ],
    [
      watcher.silent,
      "The watcher has been silent too long.",
      `${overdue}See whether it runs: arcwatch doctor.`,
    ],
    [
      !watcher.silent && watcher.alive === false,
      "No watcher is at work.",
      "“Sync now” would wait for one. See whether it runs: arcwatch doctor.",
    ],
    [
      ingesters.alive === false,
      "No ingester is alive.",
      `${waiting}Start one, or see why it stopped: arcwatch doctor.`,
    ],
    [
      !hub.reachable,
      "The Hub is unreachable.",
      `${because(hub.reason)}New models are found when it is back.`,
    ],
  ];
  return all.filter(([is]) => is);
}

/** The Hub's own words, as a sentence, without saying again that it is unreachable. */
function because(reason: string | null): string {
  const words = (reason ?? "").replace(/^the Hub is unreachable: /i, "").replace(/\.$/, "");
  return words && `${capital(words)}. `;
}

export function Banners() {
  const status = useQuery(statusQuery());
  return (
    <div role="status" className="space-y-2 empty:hidden">
      {status.data &&
        troubles(status.data).map(([, title, advice]) => (
          <p key={title} className="bg-bad-soft text-bad rounded-xl px-4 py-3 text-sm break-words">
            <strong className="font-semibold">{title}</strong> {advice}
          </p>
        ))}
    </div>
  );
}
