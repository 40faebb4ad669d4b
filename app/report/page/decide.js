// Decisions under uncertainty.

export function decideSections() {
  return [];
}
