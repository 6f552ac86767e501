using PreferenceLosses.Training.Tests.Support;

namespace PreferenceLosses.Training.Tests.TrainerRuns;

public sealed class MetricsFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "{\"step\":2,\"loss\":1}\n")]
    [InlineData(3, "{\"step\":2,\"loss\":1}\n")]
    [InlineData(4, "{\"step\":2,\"loss\":1}\n{\"step\":4,\"loss\":2}\n")]
    [InlineData(9, "{\"step\":2,\"loss\":1}\n{\"step\":4,\"loss\":2}\n")]
    public void It_goes_on_after_the_last_whole_line_of_the_steps_that_are_done(long lastStep, string kept)
    {
        var path = folder.PathOf("metrics.jsonl");
        File.WriteAllText(path, "{\"step\":2,\"loss\":1}\n{\"step\":4,\"loss\":2}\n{\"step\":6,\"lo");

        using (var file = new MetricsFile(path, lastStep))
        {
            file.Write(lastStep + 1, new Dictionary<string, double> { ["b"] = double.NaN, ["a"] = 0.1 });
        }

        Assert.Equal(kept + $"{{\"step\":{lastStep + 1},\"a\":0.1,\"b\":null}}\n", File.ReadAllText(path));
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{\"loss\":1}")]
    [InlineData("{\"step\":\"2\"}")]
    public void Somebody_elses_file_is_refused_and_left_as_it_is(string line)
    {
        var path = folder.Write("metrics.jsonl", line);
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => new MetricsFile(path, 4)).Message);
        Assert.Equal(line + "\n", File.ReadAllText(path));
    }

    [Fact]
    public void A_line_without_its_end_is_not_whole()
    {
        var path = folder.PathOf("metrics.jsonl");
        File.WriteAllText(path, "{\"step\":2}\n{\"step\":4}");
        new MetricsFile(path, 4).Dispose();
        Assert.Equal("{\"step\":2}\n", File.ReadAllText(path));
    }
}
