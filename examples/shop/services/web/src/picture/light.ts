/** The colours of a picture at an hour and in a place. */
export type Light = {
  readonly sky: readonly [string, string];
  readonly sea: readonly [string, string];
  readonly sun: string;
  readonly far: string;
  readonly land: string;
  readonly shade: string;
  readonly trees: string;
};

export const LIGHTS = {
  dawn: {
    sky: ['#f7c59f', '#fdeedd'],
    sea: ['#e8a87c', '#41657a'],
    sun: '#fff6e5',
    far: '#c9917a',
    land: '#5b4a52',
    shade: '#3f343d',
    trees: '#3f343d',
  },
  noon: {
    sky: ['#8ecae6', '#e3f4f9'],
    sea: ['#4ba3c3', '#175676'],
    sun: '#fffbe8',
    far: '#7fb2c4',
    land: '#4c7a4f',
    shade: '#2f5638',
    trees: '#2f5638',
  },
  coral: {
    sky: ['#7fd8d4', '#e9fbf4'],
    sea: ['#3dbdb5', '#0f7c84'],
    sun: '#fff3c9',
    far: '#8fd0c6',
    land: '#d8b77d',
    shade: '#b48d55',
    trees: '#b48d55',
  },
  dusk: {
    sky: ['#3d2c5e', '#f2805a'],
    sea: ['#d9675b', '#2b2350'],
    sun: '#ffd9a0',
    far: '#7c4569',
    land: '#2b2142',
    shade: '#1c1530',
    trees: '#1c1530',
  },
  night: {
    sky: ['#0b1437', '#31487a'],
    sea: ['#2a4172', '#091029'],
    sun: '#f3f0dc',
    far: '#22355f',
    land: '#0f1b3b',
    shade: '#080f26',
    trees: '#080f26',
  },
  mist: {
    sky: ['#c3ccd0', '#eef1f0'],
    sea: ['#aebcc1', '#5f777f'],
    sun: '#ffffff',
    far: '#b3c0c3',
    land: '#47605a',
    shade: '#33483f',
    trees: '#33483f',
  },
  frost: {
    sky: ['#a9c6e8', '#f1f6fc'],
    sea: ['#87abd1', '#2e5480'],
    sun: '#ffffff',
    far: '#c4d7ec',
    land: '#e9f1f9',
    shade: '#b4cbe3',
    trees: '#4c6f8f',
  },
} as const satisfies Record<string, Light>;
