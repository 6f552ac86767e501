using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.PublicApi;

/// <summary>
/// The public API, and the defaults of hyper-parameters, against a committed text: a change of either is seen in review.
/// </summary>
public class PublicApiTests
{
    [Fact]
    public void The_public_API_and_the_defaults_are_the_committed_ones() => CommittedText.Compare(
        "PreferenceLosses.txt", ApiText.Of(typeof(IPreferenceLoss).Assembly) + ApiText.OfCatalog(LossCatalog.BuiltIn));
}
