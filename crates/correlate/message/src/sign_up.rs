//! Whether a message asks somebody to confirm that they signed up for something.
//!
//! Anyone can type a trap address into a newsletter's form: to frame the newsletter's sender, or by a harvester's
//! bot that fills in forms. Such a message speaks against its sender being a spammer, so it is better marked once
//! too often than once too seldom: it lowers the confidence of an attribution and decides nothing alone.
//!
//! Told from the subject only: it is where mailing list software puts the request, and a body would have to be
//! decoded. A subject counts if it holds a word for *confirm* and a word for what is confirmed, in one of the
//! languages below, or one of the fixed forms of list software.

/// Subjects that list software writes: Mailman 2 (`confirm` and a hex cookie), ezmlm, Majordomo, LISTSERV.
const FIXED: [&str; 4] =
    ["confirm subscribe to", "confirmation for subscribe", "command confirmation request", "opt-in"];

/// For each language, words for the request and words for its object, lower case, as beginnings or parts of words.
const LANGUAGES: [(&[&str], &[&str]); 11] = [
    // English
    (
        &["confirm", "verify", "verification", "activate"],
        &[
            "subscription",
            "subscribe",
            "registration",
            "sign-up",
            "signup",
            "sign up",
            "e-mail",
            "email",
            "account",
            "newsletter",
        ],
    ),
    // German
    (
        &["bestätig", "bestaetig", "verifizier", "aktivier"],
        &["anmeldung", "registrierung", "newsletter", "e-mail", "konto", "abonnement"],
    ),
    // French
    (&["confirm", "valid", "activ"], &["inscription", "abonnement", "adresse", "compte", "e-mail"]),
    // Spanish
    (&["confirm", "verific", "activ"], &["suscripción", "suscripcion", "registro", "correo", "cuenta", "boletín"]),
    // Portuguese
    (&["confirm", "verifi", "ative"], &["inscrição", "assinatura", "cadastro", "registro", "conta"]),
    // Italian
    (&["conferm", "verific", "attiva"], &["iscrizione", "registrazione", "indirizzo", "account"]),
    // Dutch
    (&["bevestig", "activeer"], &["aanmelding", "inschrijving", "registratie", "nieuwsbrief", "e-mail"]),
    // Polish
    (&["potwierdź", "potwierdz", "aktywuj"], &["rejestrac", "subskrypc", "adres", "konto", "zapis"]),
    // Russian
    (&["подтверд", "активир"], &["подписк", "регистрац", "адрес", "аккаунт", "почт"]),
    // Chinese
    (&["确认", "確認", "验证", "驗證", "激活"], &["订阅", "訂閱", "注册", "註冊", "邮箱", "郵箱", "帐号", "账号"]),
    // Japanese
    (&["確認", "認証"], &["登録", "メール", "アカウント", "購読"]),
];

/// Whether this decoded subject is one of a sign-up confirmation.
pub(crate) fn is_confirmation(subject: &str) -> bool {
    if subject.is_empty() {
        return false;
    }
    let subject = subject.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| subject.contains(word));
    has(&FIXED) || is_mailman(&subject) || LANGUAGES.iter().any(|(request, object)| has(request) && has(object))
}

/// `confirm 2d5bab1c1cd1a5a4ac7d4b1c8e0c9d2f3b4a5968`: all that Mailman 2 writes.
fn is_mailman(subject: &str) -> bool {
    let Some(cookie) = subject.strip_prefix("confirm ") else { return false };
    cookie.len() == 40 && cookie.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_up_confirmations_are_told_in_many_languages() {
        for subject in [
            "Please confirm your subscription",
            "Verify your email address",
            "confirm 2d5bab1c1cd1a5a4ac7d4b1c8e0c9d2f3b4a5968",
            "Command confirmation request (4F2A)",
            "Bitte bestätigen Sie Ihre Anmeldung",
            "Confirmez votre inscription",
            "Confirma tu suscripción",
            "Confirme sua inscrição",
            "Conferma la tua iscrizione",
            "Bevestig je inschrijving",
            "Potwierdź rejestrację",
            "Подтвердите подписку",
            "请确认您的订阅",
            "メールアドレスの確認",
        ] {
            assert!(is_confirmation(subject), "{subject}");
        }
    }

    #[test]
    fn spam_and_talk_are_not_taken_for_one() {
        for subject in
            ["Confirmed: you won", "Lose weight now", "Re: newsletter", "Order confirmation", "confirm this", ""]
        {
            assert!(!is_confirmation(subject), "{subject}");
        }
    }
}
