/** What a second implementation of the rules said of a submission's figures, and what differs. */
import type { ModelDetail, ModelRow, Schemas } from "../../api/client.ts";
import { count } from "../../lib/format.ts";
import { Ago } from "../../ui/Ago.tsx";

type Verification = Schemas["Verification"];

const WORDS: Record<Verification["verdict"], string> = {
  verified: "verified",
  explained: "verified, with differences that are explained,",
  differs: "not confirmed",
  impossible: "could not be verified",
};
const AGAINST: Record<Verification["comparedWith"], string> = { hub: "the Hub's files", rows: "the rows" };

export function Verified({ row: { verified: found } }: { row: ModelRow | ModelDetail }) {
  if (!found) return null;
  const disagreements = "disagreements" in found ? found.disagreements : [];
  return (
    <div className="text-muted mt-4 text-sm" data-testid="verified">
      <p>
        <span className={found.verdict === "differs" ? "text-bad" : ""}>
          {count(found.figures)} figures {WORDS[found.verdict]}
        </span>{" "}
        <Ago at={found.at} /> against {AGAINST[found.comparedWith]}
      </p>
      {disagreements.length > 0 && (
        <details className="mt-1">
          <summary className="cursor-pointer">{count(disagreements.length)} that differ</summary>
          <ul className="mt-1 max-h-48 overflow-auto text-xs">
            {disagreements.map(({ name, figure, message }) => (
              <li key={`${name} ${figure}`} className="break-words">
                <code>{name}</code> {figure}: {message}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
