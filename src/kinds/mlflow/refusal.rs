//! What `MLflow` answers when it does not do what it was asked. Pure.

use serde::Deserialize;

use crate::domain::Clean;

/// An error that `MLflow` itself wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its code: `RESOURCE_DOES_NOT_EXIST` …
    pub code: Clean,
    /// What it says.
    pub message: Clean,
}

impl Refusal {
    /// What was named is not there. A missing alias is refused as a wrong parameter.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        let alias = &*self.code == "INVALID_PARAMETER_VALUE" && self.message.contains("alias");
        &*self.code == "RESOURCE_DOES_NOT_EXIST" || alias && self.message.contains("not found")
    }
}

/// The error in a body; none when it is something else: a page of a proxy, HTML for an unknown path.
#[must_use]
pub fn refusal(body: &[u8]) -> Option<Refusal> {
    #[derive(Deserialize)]
    struct Slim {
        error_code: Clean,
        #[serde(default)]
        message: Clean,
    }
    let slim: Slim = super::read(body).ok()?;
    (!slim.error_code.is_empty()).then_some(Refusal {
        code: slim.error_code,
        message: slim.message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_and_pages_of_others_are_not_taken_for_them() {
        let gone = br#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Registered Model with name=x not found",
            "sqlstate":"KAM00","error_class":"RESOURCE_NOT_FOUND"}"#;
        assert!(refusal(gone).unwrap().is_missing());
        let alias = br#"{"error_code":"INVALID_PARAMETER_VALUE","message":"Registered model alias champion not found."}"#;
        assert!(refusal(alias).unwrap().is_missing());
        let other = br#"{"error_code":"INVALID_PARAMETER_VALUE","message":"Invalid filter"}"#;
        assert!(!refusal(other).unwrap().is_missing());
        for page in [
            "<!doctype html><title>404</title>",
            "",
            "{}",
            "Permission denied",
            "[]",
        ] {
            assert_eq!(refusal(page.as_bytes()), None, "{page}");
        }
    }
}
