export const runFacts = () => [];
export const runSections = () => [];
