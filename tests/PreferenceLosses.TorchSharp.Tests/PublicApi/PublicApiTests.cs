using PreferenceLosses.Tests.PublicApi;

namespace PreferenceLosses.Torch.Tests.PublicApi;

/// <summary>The public API against a committed text.</summary>
public class PublicApiTests
{
    [Fact]
    public void The_public_API_is_the_committed_one() =>
        CommittedText.Compare("PreferenceLosses.TorchSharp.txt", ApiText.Of(typeof(TensorBatch).Assembly));
}
