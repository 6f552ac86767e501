using System.Reflection;

namespace PreferenceLosses.Tests.Batches;

/// <summary>Names of columns, and the properties of a batch.</summary>
public sealed class ColumnsTests
{
    private static readonly string[] All =
        [.. typeof(Columns).GetFields(BindingFlags.Public | BindingFlags.Static).Where(member => member.IsLiteral).Select(member => (string)member.GetRawConstantValue()!)];

    public static TheoryData<string> Names => [.. All];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_column_has_a_property_if_the_batch_has_it(string name)
    {
        var property = string.Concat(name.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        Assert.Equal(typeof(PreferenceBatch<double>).GetProperty(property) is not null, Columns.HasProperty(name));
    }

    /// <summary>Each column gets the number of its place among the names.</summary>
    [Fact]
    public void A_batch_of_columns_has_each_where_it_belongs()
    {
        var asked = new List<string>();
        var batch = PreferenceBatch.FromColumns<double>(name =>
        {
            asked.Add(name);
            return name == Columns.Margin ? default : new double[] { Array.IndexOf(All, name) };
        });
        Assert.Equal(All.Where(Columns.HasProperty).Order(), asked.Order());
        Assert.Equal(Array.IndexOf(All, Columns.ReferenceRejected), batch.ReferenceRejected[0]);
        Assert.Equal(Array.IndexOf(All, Columns.Weight), batch.Weight[0]);
        Assert.True(batch.Margin.IsEmpty);

        var own = PreferenceBatch.FromColumns(new Dictionary<string, double[]> { ["mine"] = [3], [Columns.Weight] = [2], [Columns.Score] = [1], [Columns.PolicyGold] = [4] });
        Assert.Equal((1.0, 2.0), (own.Score[0], own.Weight[0]));
        Assert.Equal(["mine", Columns.PolicyGold], own.Other!.Keys);
    }
}
