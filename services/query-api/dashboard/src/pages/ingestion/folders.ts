/** What is known of a folder on the Hub. Pure. */
import type { Schemas } from "../../api/client.ts";

export type FolderState = "ingested" | "changed" | "new";

export function stateOf({ ingested, attemptsFound }: Schemas["FolderRow"]): FolderState {
  if (ingested) return "ingested";
  return attemptsFound > 0 ? "changed" : "new";
}

const ORDER: FolderState[] = ["new", "changed", "ingested"];

/** Filters folders by state and name; what there is to do comes first. */
export function listed(folders: readonly Schemas["FolderRow"][], only: FolderState | "", text: string) {
  const name = text.trim().toLowerCase();
  return folders
    .map((folder) => ({ ...folder, state: stateOf(folder) }))
    .filter((folder) => (!only || folder.state === only) && folder.name.toLowerCase().includes(name))
    .sort(
      (one, other) =>
        ORDER.indexOf(one.state) - ORDER.indexOf(other.state) || one.name.localeCompare(other.name),
    );
}
