const enabled = ['public'];
export const flags = { publicByDefault: enabled.includes('public') && !enabled.includes('private') };
