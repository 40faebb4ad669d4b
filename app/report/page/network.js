export const networkFacts = () => [];
export const networkSections = () => [];
