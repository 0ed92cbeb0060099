/** Outgoing notifications: the notifier's channels, what became of their messages, and a test of each. */
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { keys } from "../../api/queries.ts";
import { useGuarded } from "../../hooks/useGuarded.tsx";
import { Ago } from "../../ui/Ago.tsx";
import { Badge } from "../../ui/Badge.tsx";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import {
  askTest,
  type Channel,
  type ChannelTest,
  channelsQuery,
  filterText,
  isOnItsWay,
  testText,
} from "./channels.ts";
import { DeadMessages } from "./DeadMessages.tsx";
import { Unlock } from "./Unlock.tsx";

export function Notifications() {
  return (
    <Panel title="Notifications" hint="Channels that hear of landings, failures and failed verifications.">
      <Unlock what="notifications">
        <List />
      </Unlock>
    </Panel>
  );
}

function List() {
  const channels = useQuery(channelsQuery());
  return (
    <Answer query={channels} what="the channels" lines={3}>
      {({ data, deadMessages }) =>
        data.length === 0 ? (
          <Empty title="No notifier has told of a channel.">
            A file of channels makes some, and the notifier reads it when it starts: docs/notifications.md.
          </Empty>
        ) : (
          <>
            <ul className="divide-line divide-y">
              {data.map((channel) => (
                <Row key={channel.name} channel={channel} />
              ))}
            </ul>
            <DeadMessages messages={deadMessages} />
          </>
        )
      }
    </Answer>
  );
}

function Row({ channel }: { channel: Channel }) {
  const { name, kind, running, lastTest } = channel;
  const { run, busy, dialog } = useGuarded();
  const client = useQueryClient();
  const test = () =>
    run(async () => {
      await askTest(name);
      await client.invalidateQueries({ queryKey: keys.notifications() });
      await client.invalidateQueries({ queryKey: keys.audit() });
    });
  return (
    <li data-testid="channel" className="flex flex-wrap items-start justify-between gap-3 py-3 text-sm">
      <div className="min-w-0 flex-1 basis-60 space-y-1">
        <p>
          <span className="font-medium wrap-anywhere">{name}</span>{" "}
          {kind && <span className="text-muted">{kind}</span>} <State channel={channel} />
        </p>
        {kind && <p className="text-muted wrap-anywhere">{filterText(channel)}</p>}
        <Messages channel={channel} />
        <p role="status">{lastTest && <Tested test={lastTest} />}</p>
      </div>
      {kind && (
        <button
          type="button"
          className="button"
          disabled={busy || !running || isOnItsWay(lastTest)}
          onClick={test}
        >
          Test<span className="sr-only"> {name}</span>
        </button>
      )}
      {dialog}
    </li>
  );
}

function State({ channel: { kind, running, seenAt } }: { channel: Channel }) {
  if (!kind) return <Badge tone="part">no notifier has it any more</Badge>;
  if (running) return <Badge tone="good">running</Badge>;
  return (
    <>
      <Badge tone="bad">the notifier does not run</Badge>{" "}
      {seenAt && (
        <span className="text-muted">
          last seen <Ago at={seenAt} />
        </span>
      )}
    </>
  );
}

/** How the channel's messages fared. */
function Messages({ channel: { sentAt, failedAt, error, waiting, dead } }: { channel: Channel }) {
  const isFailing = failedAt !== null && (sentAt === null || failedAt > sentAt);
  return (
    <>
      <p className="text-muted">
        {sentAt ? (
          <>
            Last message taken <Ago at={sentAt} />
          </>
        ) : (
          "No message was taken yet"
        )}
        , {waiting} waiting, <span className={dead > 0 ? "text-bad font-medium" : ""}>{dead} dead</span>.
      </p>
      {failedAt && (
        <p className={`wrap-anywhere ${isFailing ? "text-bad" : "text-muted"}`}>
          Last failure <Ago at={failedAt} />
          {error && `: ${error}`}
        </p>
      )}
    </>
  );
}

function Tested({ test }: { test: ChannelTest }) {
  const { tone, text } = testText(test);
  const colour = tone === "bad" ? "text-bad" : tone === "good" ? "text-good" : "text-muted";
  return (
    <span className={`wrap-anywhere ${colour}`}>
      The test of {test.askedBy}, <Ago at={test.askedAt} />, {text}.
    </span>
  );
}
