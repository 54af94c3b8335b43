//! Pure: the Region that a partition's IAM is in.

/// The Region to sign requests to IAM for, given the function's Region. IAM is one service per partition, whichever
/// Region its endpoint is in (fact 30).
///
/// The SDK knows this Region only for IAM's own endpoints. It signs requests to any other for the function's Region,
/// and IAM refuses them. The Regions are those of the SDK's own table. A Region without a partition counts as `aws`.
#[must_use]
pub(crate) fn region_of_iam(region: &str) -> &'static str {
    let is_in = |prefixes: &[&str]| prefixes.iter().any(|prefix| region.starts_with(prefix));
    if is_in(&["cn-", "aws-cn-"]) {
        "cn-north-1"
    } else if is_in(&["us-gov-", "aws-us-gov-"]) {
        "us-gov-west-1"
    } else if is_in(&["eusc-"]) {
        "eusc-de-east-1"
    } else if is_in(&["us-iso-", "aws-iso-global"]) {
        "us-iso-east-1"
    } else if is_in(&["us-isob-", "aws-iso-b-"]) {
        "us-isob-east-1"
    } else if is_in(&["eu-isoe-", "aws-iso-e-"]) {
        "eu-isoe-west-1"
    } else if is_in(&["us-isof-", "aws-iso-f-"]) {
        "us-isof-south-1"
    } else {
        "us-east-1"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iam_is_signed_for_its_partitions_region() {
        for (region, iam) in [
            ("us-east-1", "us-east-1"),
            ("eu-west-1", "us-east-1"),
            ("us-west-2", "us-east-1"),
            ("ap-southeast-7", "us-east-1"),
            ("mx-central-1", "us-east-1"),
            ("aws-global", "us-east-1"),
            ("of-no-partition-1", "us-east-1"),
            ("cn-north-1", "cn-north-1"),
            ("cn-northwest-1", "cn-north-1"),
            ("aws-cn-global", "cn-north-1"),
            ("us-gov-west-1", "us-gov-west-1"),
            ("us-gov-east-1", "us-gov-west-1"),
            ("aws-us-gov-global", "us-gov-west-1"),
            ("eusc-de-east-1", "eusc-de-east-1"),
            ("us-iso-east-1", "us-iso-east-1"),
            ("us-iso-west-1", "us-iso-east-1"),
            ("aws-iso-global", "us-iso-east-1"),
            ("us-isob-east-1", "us-isob-east-1"),
            ("us-isob-west-1", "us-isob-east-1"),
            ("aws-iso-b-global", "us-isob-east-1"),
            ("eu-isoe-west-1", "eu-isoe-west-1"),
            ("aws-iso-e-global", "eu-isoe-west-1"),
            ("us-isof-south-1", "us-isof-south-1"),
            ("us-isof-east-1", "us-isof-south-1"),
            ("aws-iso-f-global", "us-isof-south-1"),
        ] {
            assert_eq!(region_of_iam(region), iam, "{region}");
        }
    }
}
