use super::*;

/// The name under which a field is found.
fn name_found(
    field: Field,
    said: Option<&str>,
    names: &[&str],
) -> Result<Option<String>, Malformed> {
    let fields = FieldNames {
        access_key: said.map(str::to_owned),
        ..FieldNames::default()
    };
    let members: Vec<_> = names.iter().map(|name| format!("{name:?}:0")).collect();
    let json = format!("{{{}}}", members.join(","));
    let found = super::find(&entries(&json)?, field, &fields)?;
    Ok(found.map(|found| found.named.name))
}

#[test]
fn a_variable_wins_then_the_seeds_name_then_the_one_usual_spelling() {
    for (said, names, found) in [
        (
            Some("AccessKeyId"),
            &["accesskey", "AccessKeyId"][..],
            Some("AccessKeyId"),
        ),
        (Some("mine"), &["accesskey", "AccessKeyId"], None),
        (None, &["AccessKeyId", "accesskey"], Some("accesskey")),
        (
            None,
            &["AccessKeyId", "AWS_ACCESS_KEY_ID", "accesskey"],
            Some("accesskey"),
        ),
        (None, &["x", "AccessKeyId"], Some("AccessKeyId")),
        (None, &["x", "y"], None),
    ] {
        assert_eq!(
            name_found(Field::AccessKey, said, names),
            Ok(found.map(str::to_owned)),
            "{said:?} {names:?}"
        );
    }
}

#[test]
fn case_hyphens_and_underscores_make_no_difference() {
    for (field, names) in [
        (
            Field::AccessKey,
            &[
                "AccessKeyId",
                "AWS_ACCESS_KEY_ID",
                "access_key_id",
                "aws_access_key_id",
                "accessKey",
                "access-key",
                "AccessKeyID",
            ][..],
        ),
        (
            Field::SecretKey,
            &[
                "SecretAccessKey",
                "AWS_SECRET_ACCESS_KEY",
                "secret_access_key",
                "secretKey",
                "secret-key",
            ],
        ),
        (
            Field::Username,
            &["UserName", "user_name", "iam_user", "IAM-User-Name"],
        ),
        (
            Field::SmtpPassword,
            &[
                "smtppassword",
                "smtp_password",
                "SMTP_PASSWORD",
                "SmtpPassword",
                "smtp-password",
            ],
        ),
    ] {
        for name in names {
            let found = name_found(field, None, &["other", name]);
            assert_eq!(found, Ok(Some((*name).to_owned())), "{name}");
        }
    }
    for field in [Field::SourceSecret, Field::Role, Field::ExternalId] {
        assert_eq!(
            name_found(field, None, &["secret_arn", "role_arn", "external_id"]),
            Ok(None)
        );
        let name = field.seed_name();
        assert_eq!(name_found(field, None, &[name]), Ok(Some(name.to_owned())));
    }
}

#[test]
fn two_candidates_are_refused_by_their_names_and_the_variable() {
    let refused = name_found(
        Field::AccessKey,
        None,
        &["AccessKeyId", "AWS_ACCESS_KEY_ID"],
    );
    let text = refused.map_err(|reason| reason.to_string());
    let text = text.err().unwrap_or_default();
    for named in [
        "\"AccessKeyId\"",
        "\"AWS_ACCESS_KEY_ID\"",
        "ACCESS_KEY_FIELD",
    ] {
        assert!(text.contains(named), "{named}: {text}");
    }
    for names in [["accesskey", "accesskey"], ["AccessKeyId", "AccessKeyId"]] {
        assert_eq!(
            name_found(Field::AccessKey, None, &names),
            Err(Malformed::Twice(Named::new(Field::AccessKey, names[0])))
        );
    }
}
