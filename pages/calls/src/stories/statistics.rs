//! What is told of calls in figures, and what is not.

use cases::call;
use cases::case::Act as CaseAct;
use cases::performance::{Figure, IndicatorKind, Sheet, Target};
use cases_pages::testing::{City, case, colleague, day};
use kernel::{Money, Role};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_paid_stands_behind_the_plan() {
    use office::evidence::{Audience, observations};
    use office::spending::{payments, spending};
    use plan::parts::Figure as Value;
    let city = City::paid().await;
    let (state, today) = (city.state(), day("2026-12-08"));
    let benefit = "test-fee".parse().unwrap();
    for audience in [Audience::Offices, Audience::Public] {
        let found = spending(&state, Some(&benefit), audience);
        assert_eq!((found.decided.amount, found.decided.cases), (Money::from_yuan(4_000_000), 4));
        // 1,600,000 + 960,000 + 640,000; the fourth, 800,000, has no voucher.
        assert_eq!((found.paid.amount, found.paid.firms), (Money::from_yuan(3_200_000), 3));
        assert_eq!(spending(&state, Some(&"interest".parse().unwrap()), audience), Default::default());
    }
    assert_eq!(payments(&state).len(), 3);
    let (_, plan) = state.plan.plans().next().map(|(key, _)| (key, state.plan.plan_on(key, today).unwrap())).unwrap();
    let latest = |key: &str, audience, day| {
        let indicator = plan.indicator(&key.parse().unwrap()).unwrap();
        observations(&state, indicator, day, audience).last().map(|observation| observation.value)
    };
    let paid = Some(Value::Money(Money::from_yuan(3_200_000)));
    assert_eq!(latest("test-fee-paid", Audience::Public, today), paid);
    assert_eq!(latest("test-fee-paid", Audience::Offices, day("2026-12-06")), None, "before the vouchers");
    assert_eq!(latest("interest-paid", Audience::Offices, today), None, "no payment is no zero");
    assert_eq!(latest("supported-firms", Audience::Public, today), Some(Value::Count(3)));
    // From 8 October to 7 December 2026: 43 working days, the one of 10 October worked for the holidays among them.
    assert_eq!(latest("payment-days", Audience::Public, today), Some(Value::Count(43)));

    let bench = city.bench(crate::routes()).await;
    bench.city.pass(15 * 86_400);
    let shown = bench.browser().get("/calls/statistics").await.body;
    assert!(shown.contains("4,000,000.00") && shown.contains("3,200,000.00"), "{shown}");
    assert!(!shown.contains("申请（元）"), "what is only applied for is not told by district: {shown}");
    let shown = bench.signed_in(Role::CityOfficer).await.get("/calls/statistics").await.body;
    assert!(shown.contains("申请（元）") && shown.contains("5,000,000.00"), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_firms_are_not_told_on() {
    let city = City::with_a_rule().await;
    let officer = colleague(1);
    city.act(&officer, call::Act::Draft(city.terms())).await;
    let targets = vec![Target { name: "户数".to_owned(), kind: IndicatorKind::Output, target: Figure::Count(1) }];
    city.act(&officer, call::Act::FileSheet(Sheet::Targets(targets))).await;
    city.act(&officer, call::Act::Publish { notice: city.document("通知").await }).await;
    city.on("2026-10-08").await;
    for n in 1..=2 {
        city.apply(n).await;
        let act = CaseAct::Recommend { opinion: "符合".to_owned() };
        city.send(&officer, cases::Command::Case { case: case(n), expected: None, act }).await;
    }
    city.on("2026-11-23").await;
    let bench = city.bench(crate::routes()).await;
    let shown = bench.browser().get("/calls/statistics").await.body;
    assert!(shown.contains("企业户数过少，不公布") && shown.contains("经过的企业不足 3 户"), "{shown}");
    assert!(!shown.contains("3,200,000") && !shown.contains("320.00"), "{shown}");
    let shown = bench.signed_in(Role::Auditor).await.get("/calls/statistics").await.body;
    assert!(shown.contains("320.00") && shown.contains("待市级复核"), "{shown}");
}
