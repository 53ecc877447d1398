// args: path of a mail. Opens it as a click does; tells what its window shows, and of what is
// attached name, type and octets (base64); a mail that is attached is opened in turn.
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { sleep, until } = testbed;
const local = MailServices.accounts.localFoldersServer.rootFolder;
if (!local.containsChildNamed("read")) {
  local.createSubfolder("read", null);
  await until(() => local.containsChildNamed("read"), 10, "a folder");
}
const folder = local.getChildNamed("read");
const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
file.initWithPath(args[0]);
await new Promise((resolve, reject) => {
  const listener = {
    QueryInterface: ChromeUtils.generateQI(["nsIMsgCopyServiceListener"]),
    onStartCopy() {},
    onProgress() {},
    setMessageKey() {},
    getMessageId: () => null,
    onStopCopy: said =>
      Components.isSuccessCode(said) ? resolve() : reject(new Error(`copy: ${said}`)),
  };
  MailServices.copy.copyFileMessage(file, folder, null, false, 0, "", listener, null);
});
await sleep(300);
const header = [...folder.messages].reduce((a, b) => (a.messageKey > b.messageKey ? a : b));

const settled = async window => {
  let last = "";
  let same = 0;
  for (let waited = 0; waited < 100 && same < 8; waited++) {
    await sleep(150);
    const text = window.getMessagePaneBrowser()?.contentDocument?.body?.textContent ?? "";
    const files = (window.currentAttachments ?? []).map(each => each.name + each.size);
    const seen = [text, files, icon(window, "encryptedHdrIcon"), icon(window, "signedHdrIcon")];
    same = window.gMessageURI && `${seen}` === last ? same + 1 : 0;
    last = `${seen}`;
  }
};
const icon = (window, id) => {
  const found = window.document.getElementById(id);
  return !found || found.hidden ? "" : (found.src ?? "").replace(/.*\//, "").replace(/\..*/, "");
};
const base64 = octets => {
  let binary = "";
  for (let at = 0; at < octets.length; at += 0x8000) {
    binary += String.fromCharCode(...octets.subarray(at, at + 0x8000));
  }
  return btoa(binary);
};
const within = (promise, seconds) =>
  Promise.race([promise, sleep(seconds * 1000).then(() => { throw new Error("too late"); })]);
const opened = async (attachment, window) => {
  const before = new Set(Services.wm.getEnumerator("mail:messageWindow"));
  await within(attachment.open(window.browsingContext), 10);
  const added = () =>
    [...Services.wm.getEnumerator("mail:messageWindow")].find(each => !before.has(each));
  const frame = await until(added, 10, "a window");
  const inner = () => frame.messageBrowser?.contentWindow?.gMessageURI && frame.messageBrowser;
  const shown = await dump((await until(inner, 10, "a mail")).contentWindow);
  frame.close();
  await sleep(300);
  return shown;
};
const dump = async window => {
  await settled(window);
  const document = window.getMessagePaneBrowser().contentDocument;
  const shown = {
    subject: window.document.getElementById("expandedsubjectBox")?.textContent?.replace("Subject:", "").trim() ?? "",
    sender: window.document.getElementById("expandedfromBox")?.textContent?.trim() ?? "",
    text: document.body.innerText,
    encrypted: icon(window, "encryptedHdrIcon"),
    signed: icon(window, "signedHdrIcon"),
    signature: window.gSignatureStatus ?? null,
    signer: window.gSignerCert?.subjectName ?? "",
    technology: window.document.getElementById("cryptoBox")?.getAttribute("tech") ?? "",
    notes: Array.from(
      window.document.querySelectorAll("notification-message"),
      each => each.messageText?.textContent ?? "",
    ),
    files: [],
  };
  for (const each of [...(window.currentAttachments ?? [])]) {
    const found = { name: each.name, type: each.contentType, data: "", error: "", opened: null };
    try {
      found.data = base64(new Uint8Array(await within(each.fetchAttachment(), 10)));
      if (each.contentType === "message/rfc822") {
        found.opened = await opened(each, window);
      }
    } catch (error) {
      found.error = `${error}`;
    }
    shown.files.push(found);
  }
  return shown;
};
const tabs = Services.wm.getMostRecentWindow("mail:3pane").document.getElementById("tabmail");
const uri = folder.getUriForMsg(header);
const tab = tabs.openTab("mailMessageTab", { messageURI: uri, background: false });
const inTab = () => tab.chromeBrowser?.contentWindow?.gMessageURI && tab.chromeBrowser;
const shown = await dump((await until(inTab, 10, "a mail")).contentWindow);
shown.listed = header.mime2DecodedSubject;
shown.asked = testbed.asked.splice(0);
tabs.closeTab(tab);
return shown;
