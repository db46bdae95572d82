;;; send.el --- write, sign, encrypt and submit one mail; the job comes as JSON on standard input

(require 'json)
(require 'message)
(require 'mml)
(require 'mml-sec)
(require 'smtpmail)
(require 'gnutls)

(let* ((job (json-read-from-string (read-string "")))
       (field (lambda (name) (alist-get name job)))
       (message-interactive t))
  (make-directory (expand-file-name "~/.emacs.d") t)
  (setq user-mail-address (funcall field 'from)
        user-full-name ""
        message-signature nil
        message-kill-buffer-on-exit t
        message-send-mail-function 'message-smtpmail-send-it
        send-mail-function 'smtpmail-send-it
        smtpmail-smtp-server "localhost"
        smtpmail-smtp-service (funcall field 'port)
        smtpmail-stream-type 'ssl
        smtpmail-smtp-user (funcall field 'from)
        auth-sources (list (funcall field 'authinfo))
        gnutls-trustfiles (list (funcall field 'authority))
        gnutls-verify-error t
        mml-secure-openpgp-sign-with-sender t
        mml-secure-openpgp-encrypt-to-self t
        mm-encrypt-option nil
        mml-secure-key-preferences nil
        epg-pinentry-mode 'loopback)
  (with-temp-buffer
    (message-mode)
    (insert "From: " (funcall field 'from) "\n"
            "To: " (funcall field 'to) "\n"
            "Subject: " (funcall field 'subject) "\n")
    (when (funcall field 'in_reply_to)
      (insert "In-Reply-To: " (funcall field 'in_reply_to) "\n"
              "References: " (funcall field 'in_reply_to) "\n"))
    (insert mail-header-separator "\n")
    (when (eq (funcall field 'secure) t)
      (insert "<#secure method=pgpmime mode=signencrypt>\n"))
    (insert (funcall field 'text) "\n")
    (when (funcall field 'attachment)
      (insert "<#part type=\"application/xml\" filename=\"" (funcall field 'attachment)
              "\" disposition=attachment>\n<#/part>\n"))
    (condition-case failure
        (message-send)
      (error (message "%s" (error-message-string failure))
             (kill-emacs 1)))))
