export const ATLAS = {"widths":0,"recipes":{}};
