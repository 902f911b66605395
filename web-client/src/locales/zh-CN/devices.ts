/** 摄像头与话筒。 */

export const devices = {
  camera: "摄像头",
  microphone: "话筒",
  screen: "屏幕",
  cameraN: (n: number) => `摄像头 ${n}`,
  microphoneN: (n: number) => `话筒 ${n}`,
  none: "没有找到",
  opening: "正在打开摄像头……",
  level: "话筒音量",
  noSound: "没有话筒，别人听不到您",
  trouble: {
    denied: "浏览器没有得到许可。请点地址栏里的摄像头图标，选“允许”，再试。",
    missing: "没有找到摄像头或话筒。请插好再试。",
    busy: "摄像头被别的程序占用。请关掉那个程序再试。",
    insecure: "浏览器只在 https 页面上给摄像头。请用 https 地址打开。",
  },
};
