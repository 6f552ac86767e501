using PreferenceLosses.Tests.PublicApi;

namespace PreferenceLosses.Discovery.Tests.PublicApi;

/// <summary>The public API against a committed text.</summary>
public class PublicApiTests
{
    [Fact]
    public void The_public_API_is_the_committed_one() =>
        CommittedText.Compare("PreferenceLosses.Discovery.txt", ApiText.Of(typeof(DiscoveryRun).Assembly));
}
