/** What is wrong behind the scenes, and what to do about it. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Schemas } from "../../api/client.ts";
import { statusQuery } from "../../api/queries.ts";
import { capital, moment } from "../../lib/format.ts";
import { Dialog } from "../../ui/Dialog.tsx";

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
  const [listing, setListing] = useState(false);
  const found = status.data ? troubles(status.data) : [];
  return (
    <>
      {/* As high with trouble as without: what is read below does not move. */}
      <div
        data-testid="troubles"
        className={`flex h-11 items-center gap-3 rounded-xl px-4 text-sm ${found.length ? "bg-bad-soft text-bad" : "text-muted"}`}
      >
        <p role="status" className="min-w-0 flex-1 truncate">
          {status.data && <Summary found={found} />}
        </p>
        {found.length > 0 && (
          <button type="button" className="button h-8 shrink-0" onClick={() => setListing(true)}>
            What to do
          </button>
        )}
      </div>
      {listing && (
        <Dialog title="What is wrong behind the scenes" onClose={() => setListing(false)}>
          {found.length === 0 && <p className="text-muted text-sm">Nothing, any more.</p>}
          <ul className="space-y-3">
            {found.map(([, title, advice]) => (
              <li key={title} className="bg-bad-soft text-bad rounded-xl px-4 py-3 text-sm wrap-anywhere">
                <strong className="font-semibold">{title}</strong> {advice}
              </li>
            ))}
          </ul>
        </Dialog>
      )}
    </>
  );
}

function Summary({ found }: { found: readonly Trouble[] }) {
  const [first] = found;
  if (!first) return "Nothing is known to be wrong behind the scenes.";
  const [, title, advice] = first;
  return (
    <>
      {found.length > 1 && <strong className="font-semibold">{found.length} troubles: </strong>}
      <strong className="font-semibold">{title}</strong> {advice}
    </>
  );
}
